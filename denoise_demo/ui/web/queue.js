// A queue of requests to the server: few in flight, painted in order, never a lost last value.

const MOST_IN_FLIGHT = 6; // what a browser opens to one host
const LEAST_IN_FLIGHT = 2; // one is painted while the next is computed
const SPACING = 16; // milliseconds wanted between pictures over a slow connection: 60 a second
const PATIENCE = 1000; // milliseconds before a server that is away is asked again

// `next` gives the request to send now, or nothing while there is none; `call` sends it and gives the
// reply, or nothing when the server is away; `paint` gets reply, request and milliseconds; `lost`
// is told that the server is away.
export function createQueue({ next, call, paint, lost }) {
  let wanted = false;
  let inFlight = 0;
  let sent = 0;
  let painted = 0;
  let last = "";
  let delay = 0; // milliseconds, of the way there and back

  function pump() {
    const allowed = Math.min(MOST_IN_FLIGHT, Math.max(LEAST_IN_FLIGHT, Math.ceil(delay / SPACING)));
    const request = wanted && inFlight < allowed ? next() : null;
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
    const reply = await call(request);
    inFlight -= 1;
    if (!reply) {
      last = "";
      setTimeout(refresh, PATIENCE);
      return lost();
    }
    const elapsed = performance.now() - started;
    delay += 0.2 * (elapsed - reply.milliseconds - delay);
    if (turn > painted) {
      painted = turn;
      paint(reply, request, elapsed);
    }
    pump();
  }

  function refresh() {
    wanted = true;
    pump();
  }

  return {
    pump,
    refresh,
    // Whatever is on its way has become of no interest.
    drop: () => {
      painted = sent;
      last = "";
    },
    // Nothing is wanted any more.
    rest: () => {
      painted = sent;
      last = "";
      wanted = false;
    },
    // What this request would bring is shown already.
    satisfy: (request) => {
      if (!wanted) last = JSON.stringify(request);
    },
  };
}
