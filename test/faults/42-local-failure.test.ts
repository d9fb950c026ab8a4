import { expect, test } from "bun:test";
import { fail } from "../../src/deferred/mod.ts";
import { ConnectError } from "../../src/net/errors.ts";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { nothing } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test.each(["ENFILE", "ENOBUFS", "EADDRNOTAVAIL"])(
  "Proxy that cannot dial (%s) resets who asked at once, without a retry, and dials anew for the next",
  async (code) => {
    let dials = 0;
    await using stage = await ProxyStage.open(undefined, {
      retries: PROXY_DEFAULTS.fetch.retries,
      connect: (address) => {
        dials++;
        return fail(new ConnectError(address, "local", code));
      },
    });
    for (const times of [1, 2]) {
      expect(await stage.visit()).toEqual(nothing);
      expect(dials).toBe(times);
    }
    expect(stage.failures.map(({ reason }) => reason)).toEqual(["local", "local"]);
    expect(stage.clock.now()).toBe(0);
  },
);
