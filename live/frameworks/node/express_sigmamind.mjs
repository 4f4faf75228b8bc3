// SigmaMind's page with Express: express-openapi-validator checks requests against the vendor's own document.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { STATUS_CODES } from "node:http";
import express from "express";
import OpenApiValidator from "express-openapi-validator";

const [port, document] = process.argv.slice(2);
const agents = new Map([[process.env.AGENT_ID, "Grace"]]);
const chats = new Set();

function isKey(given) {
  const [left, right] = [Buffer.from(given ?? ""), Buffer.from(process.env.API_KEY)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function failure(status, message) {
  return Object.assign(new Error(message), { status });
}

const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "1mb" }));
app.use(
  OpenApiValidator.middleware({
    apiSpec: document,
    ignoreServers: true,
    validateSecurity: {
      handlers: {
        apiKeyAuth: (request) => {
          if (!isKey(request.get("X-API-Key"))) throw failure(401, "No usable X-API-Key came with the request");
          return true;
        },
      },
    },
  }),
);

app.post("/v1/chats", (request, response) => {
  const { agentId, previousChatId } = request.body;
  if (!agents.has(agentId)) throw failure(404, "There is no such agent");
  if (previousChatId && !chats.has(previousChatId)) throw failure(404, "There is no such chat");
  const chatId = `chat_${randomBytes(12).toString("base64url")}`;
  chats.add(chatId);
  response.status(201).json({
    chatId,
    createdAt: new Date().toISOString(),
    status: "in_progress",
    response: [{ id: `item_${randomBytes(12).toString("base64url")}`, role: "assistant", type: "message", content: ["How can I help you?"] }],
    agent: { agentId, name: agents.get(agentId), status: "Live" },
  });
});

app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  const body = {
    timestamp: new Date().toISOString(),
    status,
    error: STATUS_CODES[status] ?? "Error",
    path: request.path,
    message: status < 500 ? error.message : "The server could not handle the request",
  };
  if (error.headers) response.set(error.headers);
  if (Array.isArray(error.errors) && status === 400) {
    body.validationErrors = Object.fromEntries(error.errors.map((one) => [one.path, one.message]));
  }
  response.status(status).json(body);
});

app.listen(Number(port), "127.0.0.1");
