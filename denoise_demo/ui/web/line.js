// The page's line to the server: one WebSocket for all panels, and Gradio's server functions while
// it is not open, or where a proxy allows none.

const ADDRESS = new URL("../../live", import.meta.url);
const PATIENCE = 1000; // milliseconds before the next attempt to open a WebSocket that worked before

ADDRESS.protocol = ADDRESS.protocol.replace("http", "ws");

const pending = new Map(); // requests that are not answered yet: id -> resolve
let socket = null; // while it is open
let hasWorked = false;
let sent = 0;

// Open the WebSocket; called once, when the page starts.
export function open() {
  const opening = new WebSocket(ADDRESS);
  opening.binaryType = "arraybuffer";
  opening.onopen = () => {
    socket = opening;
    hasWorked = true;
  };
  opening.onmessage = ({ data }) => receive(data);
  opening.onclose = () => {
    socket = null;
    for (const resolve of pending.values()) resolve(null);
    pending.clear();
    if (hasWorked) setTimeout(open, PATIENCE);
  };
}

// Call a function of the server, for which `server` has Gradio's way. Resolves to the reply, with
// pixels as Uint8Array, or to null when the server does not answer.
export async function call(server, name, request) {
  if (!socket) return revive(await server[name](request));
  const id = ++sent;
  socket.send(JSON.stringify({ id, call: name, request }));
  return new Promise((resolve) => pending.set(id, resolve));
}

// A message: the length of a JSON text, the text, and bytes; see live_route in server.py.
function receive(data) {
  const length = new DataView(data).getUint32(0, true);
  const { id, reply } = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const resolve = pending.get(id);
  pending.delete(id);
  resolve?.(revive(reply, new Uint8Array(data, 4 + length)));
}

// Put bytes in the places of a reply that stand for some: { bytes: [start, end] } or { base64: text }.
export function revive(value, bytes) {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (value.bytes) return bytes.subarray(...value.bytes);
  if (value.base64) return Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0));
  for (const key of Object.keys(value)) value[key] = revive(value[key], bytes);
  return value;
}
