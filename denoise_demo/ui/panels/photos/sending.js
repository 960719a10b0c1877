// The visitor's photo: sent to the server once, and again when the server no longer has it.

import { call } from "../../web/line.js";

const UPLOAD = new URL("../../../gradio_api/upload", import.meta.url);
const LOST = "The photo could not be sent: check the connection and choose it again.";
const kept = { file: null, photo: null }; // the photo and its name at the server; outlives a render

// `largest` is in megabytes. `send` resolves to what `open_photo` answers, and `again` too.
export function createSender({ server, largest }) {
  async function send(file) {
    if (file.size > 1e6 * largest) return { error: `The photo has ${(file.size / 1e6).toFixed(0)} MB: give one of at most ${largest} MB.` };
    const path = await upload(file);
    if (path.error) return path;
    const reply = (await call(server, "open_photo", { path })) ?? { error: LOST };
    if (!reply.error) Object.assign(kept, { file, photo: reply.photo });
    return reply;
  }

  return {
    send,
    again: () => send(kept.file),
    isOwn: (photo) => photo === kept.photo,
  };
}

// The path of the file on the server, or { error }.
async function upload(file) {
  const body = new FormData();
  body.append("files", file, file.name || "photo");
  try {
    const response = await fetch(UPLOAD, { method: "POST", body });
    const answer = await response.json();
    return response.ok ? answer[0] : { error: answer.error ?? LOST };
  } catch {
    return { error: LOST };
  }
}
