/**
 * Connects to a port where nobody answers: as often as it may, once more, again after all attempts were given up, and
 * until somebody answers. Prints each outcome on a line. For tests that limit its descriptors or its JIT.
 */
import { connect } from "../../src/net/connect.ts";
import { descriptorShares } from "../../src/net/system/descriptors.ts";
import type { ConnectError } from "../../src/net/errors.ts";
import { systemClock } from "../../src/time/clock.ts";

const address = { host: "127.0.0.1", port: Number(process.argv[2]) };

function attempt(timeout: number) {
  const ignore = { dataReceived() {}, inputEnded() {}, connectionLost() {} };
  return connect(address, ignore, { clock: systemClock, timeout, protocolFailed: console.error });
}

/** The outcome of an attempt with a short timeout. */
async function outcomeOf(timeout = 50): Promise<string> {
  return attempt(timeout).then(
    () => "connected",
    (error: unknown) => {
      const { reason, detail } = error as ConnectError;
      return `${reason}: ${detail}`;
    },
  );
}

const { dials } = descriptorShares();
const attempts = Array.from({ length: dials }, () => attempt(0));
console.error(`One more than ${dials}: ${await outcomeOf()}`);
for (const each of attempts) {
  each.addErrback(() => {});
  each.cancel();
}
console.error(`All of them given up: ${await outcomeOf()}`);
let last = "";
while (last !== "connected") last = await outcomeOf(500);
console.error(`In the end: ${last}`);
process.exit(0);
