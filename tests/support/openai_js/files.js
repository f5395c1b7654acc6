// OpenAI's own client for JavaScript, not changed: what it makes of the HTTP routes, as one JSON object.
import { createReadStream } from "node:fs";

import OpenAI from "openai";

const [baseURL, path] = process.argv.slice(2);
const client = new OpenAI({ apiKey: "none is needed", baseURL, maxRetries: 0 });
const ask = (fields) =>
  client.audio.transcriptions.create({ file: createReadStream(path), model: "whisper-1", ...fields });

const models = [];
for await (const model of client.models.list()) models.push(model.id);
const verbose = await ask({ response_format: "verbose_json" });
const sure = await ask({ include: ["logprobs"], chunking_strategy: { type: "server_vad", silence_duration_ms: 900 } });
const streamed = [];
for await (const event of await ask({ stream: true })) streamed.push(event);
const error = await ask({ language: "Klingonese" }).catch((refused) => refused);
console.log(
  JSON.stringify({ models, verbose, sure, streamed, error: { status: error.status, param: error.param, requestID: error.requestID } }),
);
