/** Server-sent events (WHATWG HTML, section 9.2) out of the body of an answer. `EventSource` can send no credential. */

/** Yields `{id, event, data}` for each event; `id` and `event` are undefined where the event has none. */
export async function* serverSentEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = `${rest}${value}`.split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const event of blocks.map(fieldsOf)) if (event.data !== undefined) yield event;
    }
  } finally {
    await reader.cancel();
  }
}

function fieldsOf(block) {
  const lines = block.split(/\r?\n/).map((line) => /^([^:]+): ?(.*)$/.exec(line));
  const fields = {};
  for (const [, name, value] of lines.filter(Boolean)) fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  return fields;
}
