// The request queue: order, no stale paint, no lost last value, few requests in flight.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { createQueue } from "../../../denoise_demo/ui/web/queue.js";

let value; // what is wanted now
let calls; // requests sent, each with its `answer` and `fail`
let painted; // requests painted, in order
let losses;
let lastLoss; // its reason
let queue;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [value, calls, painted, losses] = [null, [], [], 0];
  queue = createQueue({
    next: () => value,
    call: (request) =>
      new Promise((resolve) => {
        calls.push({
          request,
          answer: (milliseconds = 0, waited = 0) => settle(() => resolve({ milliseconds, waited })),
          supersede: () => settle(() => resolve({ superseded: true })),
          refuse: (retry) => settle(() => resolve({ error: "Busy", busy: true, retry })),
          fail: () => settle(() => resolve(null)),
        });
      }),
    paint: (reply, request) => painted.push(request),
    lost: (reason) => {
      losses += 1;
      lastLoss = reason;
    },
  });
});

async function settle(act) {
  act();
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

function want(request) {
  value = request;
  queue.refresh();
}

const requests = () => calls.map((call) => call.request);

// A slow connection: its first answer takes this many milliseconds longer than the server's work.
async function slowDown(milliseconds) {
  const clock = mock.method(performance, "now", () => 0);
  want("slow");
  clock.mock.mockImplementation(() => milliseconds);
  await calls[0].answer();
  clock.mock.restore();
}

test("a request is sent and its answer painted", async () => {
  want("a");
  await calls[0].answer();

  assert.deepEqual(painted, ["a"]);
});

test("nothing is sent while there is no request", () => {
  queue.refresh();

  assert.equal(calls.length, 0);
});

test("a pump sends a request that has become possible", () => {
  queue.refresh();
  value = "a";
  queue.pump();

  assert.deepEqual(requests(), ["a"]);
});

test("a pump alone sends nothing", () => {
  value = "a";
  queue.pump();

  assert.equal(calls.length, 0);
});

test("the same request is not sent again", async () => {
  want("a");
  await calls[0].answer();
  want("a");

  assert.deepEqual(requests(), ["a"]);
});

test("two requests are in flight at once, and superseded ones are never sent", async () => {
  for (const request of ["a", "b", "c", "d"]) want(request);
  assert.deepEqual(requests(), ["a", "b"]);

  await calls[0].answer();

  assert.deepEqual(requests(), ["a", "b", "d"]);
});

test("the last value is painted last, whatever came before", async () => {
  for (const request of ["a", "b", "c", "d"]) want(request);
  while (calls.length > painted.length) await calls[painted.length].answer();

  assert.equal(painted.at(-1), "d");
});

test("an answer that comes after a later one is not painted", async () => {
  want("a");
  want("b");
  await calls[1].answer();
  await calls[0].answer();

  assert.deepEqual(painted, ["b"]);
});

for (const [delay, most] of [[0, 2], [160, 2], [240, 3], [400, 5], [2000, 8]]) {
  test(`after an answer delayed by ${delay} ms, ${most} requests are in flight at once`, async () => {
    await slowDown(delay);
    for (let i = 0; i < 10; i++) want(i);

    assert.equal(calls.length - 1, most);
  });
}

test("the server's computing time does not count as delay", async () => {
  const clock = mock.method(performance, "now", () => 0);
  want("a");
  clock.mock.mockImplementation(() => 2000);
  await calls[0].answer(2000);
  clock.mock.restore();
  for (let i = 0; i < 10; i++) want(i);

  assert.equal(calls.length - 1, 2);
});

test("when the server does not answer, the then current request is sent again", async () => {
  want("a");
  await calls[0].fail();
  assert.equal(losses, 1);
  value = "b";
  mock.timers.tick(1000);
  await calls[1].answer();

  assert.deepEqual(painted, ["b"]);
});

test("while the server is away, there is one attempt at a time, however many requests failed", async () => {
  want("a");
  want("b");
  await calls[0].fail();
  await calls[1].fail();
  for (let i = 0; i < 100; i++) want(i);
  assert.equal(calls.length, 2);

  for (const attempt of [2, 3]) {
    mock.timers.tick(1000);
    assert.equal(calls.length, attempt + 1);
    await calls[attempt].fail();
  }

  mock.timers.tick(1000);
  await calls[4].answer();
  assert.deepEqual(painted, [99]);
});

test("a failed request may be repeated unchanged", async () => {
  want("a");
  await calls[0].fail();
  mock.timers.tick(1000);

  assert.deepEqual(requests(), ["a", "a"]);
});

test("a dropped request is not painted and may be sent again", async () => {
  want("a");
  queue.drop();
  want("a");
  await calls[0].answer();
  assert.deepEqual(painted, []);
  await calls[1].answer();

  assert.deepEqual(painted, ["a"]);
});

test("a request that was waiting before a drop is still sent after it", async () => {
  for (const request of ["a", "b", "c"]) want(request);
  queue.drop();
  await calls[0].answer();

  assert.equal(requests().at(-1), "c");
});

test("a queue at rest neither paints nor sends", async () => {
  for (const request of ["a", "b", "c"]) want(request);
  queue.rest();
  await calls[0].answer();
  await calls[1].answer();

  assert.deepEqual([requests(), painted], [["a", "b"], []]);
});

test("a request that is satisfied is not sent", () => {
  queue.satisfy("a");
  want("a");

  assert.equal(calls.length, 0);
});

test("satisfy has no effect while another value is waiting", async () => {
  for (const request of ["a", "b", "c"]) want(request);
  queue.satisfy("c");
  await calls[0].answer();

  assert.equal(requests().at(-1), "c");
});

test("waiting for a turn on the server does not open more requests", async () => {
  const clock = mock.method(performance, "now", () => 0);
  want("a");
  clock.mock.mockImplementation(() => 2000);
  await calls[0].answer(10, 1985);
  clock.mock.restore();
  for (const value of "bcdefg") want(value);

  assert.deepEqual(requests(), ["a", "b", "c"]);
});

test("a superseded request is not painted, and its successor is", async () => {
  want("a");
  want("b");
  await calls[0].supersede();
  await calls[1].answer();

  assert.deepEqual(painted, ["b"]);
  assert.equal(losses, 0);
});

test("the last value is sent again when the server superseded it", async () => {
  want("a");
  want("b");
  await calls[1].supersede();
  await calls[0].answer();
  await calls[2].answer();

  assert.deepEqual(requests(), ["a", "b", "b"]);
  assert.deepEqual(painted.at(-1), "b");
});

test("a refused request is sent again after the time that the server names", async () => {
  want("a");
  await calls[0].refuse(3000);
  assert.equal(lastLoss, "Busy");
  want("b");
  mock.timers.tick(2999);
  assert.deepEqual(requests(), ["a"]);
  mock.timers.tick(1);
  await calls[1].answer();

  assert.deepEqual(requests(), ["a", "b"]);
  assert.deepEqual(painted, ["b"]);
});

test("a server that hangs is reported, and its answer is still painted", async () => {
  want("a");
  mock.timers.tick(2999);
  assert.equal(losses, 0);
  mock.timers.tick(1);
  assert.match(lastLoss, /has not answered/);
  await calls[0].answer();

  assert.deepEqual(painted, ["a"]);
  assert.deepEqual(requests(), ["a"]);
});

test("an answer in time is never reported", async () => {
  want("a");
  await calls[0].answer();
  mock.timers.tick(10_000);

  assert.equal(losses, 0);
});
