// Exercise 4: a proxy for transformations. It sends "NAME.POEM" to a server that does the work, and keeps the answer,
// so that each poem is transformed only once. The client half-closes to end its request.
import { connect } from "node:net";
import { maybeDeferred, succeed, type Deferred } from "poetry-deferred";
import { listen, readAll } from "./network.ts";

function ask(port: number, request: string): Deferred<string> {
  return readAll(connect({ port, host: "127.0.0.1", allowHalfOpen: true }).end(request));
}

/** Answers each client with its transformed request. */
function serve(transform: (request: string) => Deferred<string> | string): Deferred<number> {
  return listen((client) => {
    readAll(client)
      .addCallback((request) => maybeDeferred(() => transform(request)))
      .addCallback((answer) => client.end(answer))
      .addErrback(() => client.resetAndDestroy());
  });
}

const server = await serve((request) => {
  const [name, poem = ""] = request.split(/\.(.*)/s);
  console.log(`  The server is asked for ${name}.`);
  if (name !== "cummingsify") throw new Error(`there is no ${name}`);
  return poem.toLowerCase();
});

const kept = new Map<string, string>();
const proxy = await serve((request) => {
  const known = kept.get(request);
  if (known !== undefined) return succeed(known);
  return ask(server, request).addCallback((answer) => {
    kept.set(request, answer);
    return answer;
  });
});

const request = "cummingsify.I WANDERED lonely";
for (const each of [request, request, "shout.Tread softly"])
  await ask(proxy, each).addCallbacks(console.log, () => console.log(`Not transformed: ${each}`));
