// OpenAI's own Realtime client for JavaScript, not changed. It wants TLS, which ends here, before the server's port.
// Prints the events as one JSON array, once every item is answered.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";

import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const [port, audio, cert, key, items] = process.argv.slice(2);
const front = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
  const server = connect(Number(port), "127.0.0.1");
  socket.on("error", () => server.destroy());
  server.on("error", () => socket.destroy());
  socket.pipe(server).pipe(socket);
});
await new Promise((listening) => front.listen(0, "127.0.0.1", listening));

const client = new OpenAI({ apiKey: "none is needed", baseURL: `https://localhost:${front.address().port}/v1` });
const talk = new OpenAIRealtimeWS({ model: "whisper-1", options: { rejectUnauthorized: false } }, client);
const events = [];
let felt = 0;

talk.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
talk.on("event", (event) => {
  events.push(event);
  if (event.type.endsWith(".sentiment") && ++felt === Number(items)) {
    console.log(JSON.stringify(events));
    process.exit(0);
  }
});
talk.on("session.created", () => {
  const heard = { format: { type: "audio/pcm", rate: 24000 }, transcription: { model: "whisper-1", language: "en" } };
  talk.send({ type: "session.update", session: { type: "transcription", audio: { input: heard } } });
});
talk.on("session.updated", () => {
  const samples = readFileSync(audio);
  for (let start = 0; start < samples.length; start += 4800)
    talk.send({ type: "input_audio_buffer.append", audio: samples.subarray(start, start + 4800).toString("base64") });
});
