// A queue of requests to the server: few in flight, painted in order, the last value never lost.

const MOST_IN_FLIGHT = 8; // requests of one visitor that may wait, see turns.py
const LEAST_IN_FLIGHT = 2; // one reply is painted while the next is computed
const SPACING = 16; // milliseconds wanted between pictures over a slow connection: 60 a second
const AWAY = "The server does not answer. Trying again…";
const HANGING = "The server has not answered for some seconds. Waiting for it…";
const SILENCE = 3000; // milliseconds without an answer before it is said
const PATIENCE = 1000; // milliseconds before the next attempt when the server does not answer

// `next` returns the request to send now, or null; `call` sends it and resolves to the reply, or to
// null when the server does not answer; `paint` gets reply, request and elapsed milliseconds; `lost`
// gets a sentence when the server does not answer, not yet, or has too much to do.
export function createQueue({ next, call, paint, lost }) {
  let wanted = false;
  let inFlight = 0;
  let sent = 0;
  let painted = 0;
  let last = "";
  let isWaiting = false; // before the next attempt, for all requests that failed
  let delay = 0; // round-trip time in milliseconds, without what the server needed

  function pump() {
    const allowed = Math.min(MOST_IN_FLIGHT, Math.max(LEAST_IN_FLIGHT, Math.ceil(delay / SPACING)));
    const request = wanted && !isWaiting && inFlight < allowed ? next() : null;
    if (!request) return;
    wanted = false;
    const text = JSON.stringify(request);
    if (text === last) return;
    last = text;
    send(request);
  }

  async function send(request) {
    const turn = ++sent;
    const started = performance.now();
    inFlight += 1;
    const silence = setTimeout(() => lost(HANGING), SILENCE);
    const reply = await call(request);
    clearTimeout(silence);
    inFlight -= 1;
    if (!reply) return wait(PATIENCE, AWAY);
    if (reply.busy) return wait(reply.retry, reply.error);
    if (reply.superseded) return turn === sent ? again() : pump();
    const elapsed = performance.now() - started;
    delay += 0.2 * (elapsed - reply.milliseconds - reply.waited - delay);
    if (turn > painted) {
      painted = turn;
      paint(reply, request, elapsed);
    }
    pump();
  }

  // Try again later, once for all requests that failed.
  function wait(milliseconds, reason) {
    if (!isWaiting) setTimeout(retry, milliseconds);
    isWaiting = true;
    lost(reason);
  }

  function retry() {
    isWaiting = false;
    again();
  }

  function again() {
    last = "";
    refresh();
  }

  function refresh() {
    wanted = true;
    pump();
  }

  return {
    pump,
    refresh,
    // Ignore the replies to pending requests.
    drop: () => {
      painted = sent;
      last = "";
    },
    // Ignore them, and request nothing more.
    rest: () => {
      painted = sent;
      last = "";
      wanted = false;
    },
    // The reply to this request is on the screen already.
    satisfy: (request) => {
      if (!wanted) last = JSON.stringify(request);
    },
  };
}
