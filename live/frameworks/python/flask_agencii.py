"""Agencii's page as a Flask application."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import Any

from flask import Flask, abort, jsonify, request
from werkzeug.exceptions import HTTPException

INTEGRATIONS = {os.environ["API_INTEGRATION_ID"]}

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024


@app.before_request
def authenticate() -> None:
    if request.endpoint != "create_new_chat":
        return
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        abort(401, "The authorization token is absent.")
    if not hmac.compare_digest(given.token.encode(), os.environ["TOKEN"].encode()):
        abort(401, "The authorization token is not accepted.")


@app.post("/create_new_chat")
def create_new_chat() -> Any:
    data = request.get_json()
    if not isinstance(data, dict):
        abort(400, "The body must be a JSON object.")
    integration = data.get("apiIntegrationId")
    if integration is None:
        abort(400, "A required field is absent from the JSON body: apiIntegrationId.")
    if not isinstance(integration, str):
        abort(400, "apiIntegrationId must be a string.")
    if integration not in INTEGRATIONS:
        abort(400, "There is no such integration.")
    return jsonify(chatId=secrets.token_urlsafe(15))


@app.errorhandler(HTTPException)
def on_error(error: HTTPException) -> Any:
    answer = error.get_response()
    answer.data = jsonify(detail=error.description).data
    answer.content_type = "application/json"
    return answer
