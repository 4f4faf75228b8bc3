// Open WebUI's page with Fastify: a JSON Schema for the body, a hook for the key.
import { randomUUID, timingSafeEqual } from "node:crypto";
import Fastify from "fastify";

const folders = new Set([process.env.FOLDER_ID]);
const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });

app.addHook("onRequest", async (request, reply) => {
  const [scheme, token = ""] = (request.headers.authorization ?? "").split(" ", 2);
  const [left, right] = [Buffer.from(token), Buffer.from(process.env.KEY)];
  if (scheme.toLowerCase() !== "bearer" || left.length !== right.length || !timingSafeEqual(left, right)) {
    return reply.code(401).send({ detail: "Not authenticated" });
  }
});

const body = {
  type: "object",
  required: ["chat"],
  properties: {
    chat: {
      type: "object",
      required: ["title", "history"],
      properties: { title: { type: "string" }, history: { type: "object" } },
    },
    folder_id: { type: ["string", "null"] },
  },
};

app.post("/api/chats/new", { schema: { body } }, async (request, reply) => {
  const { chat, folder_id: folder = null } = request.body;
  if (folder !== null && !folders.has(folder)) return reply.code(404).send({ detail: "There is no such folder" });
  const now = Math.floor(Date.now() / 1000);
  return {
    id: randomUUID(),
    user_id: "4f0d3f6e-0c63-4d0e-9d0b-6b6b1b3c1c11",
    title: chat.title,
    chat,
    created_at: now,
    updated_at: now,
    share_id: null,
    archived: false,
    pinned: false,
    meta: {},
    folder_id: folder,
  };
});

await app.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
