import { expect, test } from "bun:test";
import type { ServerTls } from "../../../src/net/tls/server-tls.ts";
import { CertificateWatch } from "../../../src/net/tls/certificate-watch.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2027, 0, 1);

/** A watch over a certificate that expires after `days`, with the days left in its warnings. */
function watchOf(days: number) {
  const clock = new ManualClock();
  const warned: number[] = [];
  const tls = { expires: START + days * DAY_MS, expiring: "ec.pem" };
  const watch = new CertificateWatch(tls as ServerTls, {
    clock,
    now: () => START + clock.now(),
    warn: ({ days: left }) => warned.push(left),
  });
  return { clock, warned, watch, tls };
}

test("CertificateWatch warns once a day from 14 days before the expiry of a certificate, and continues after it", () => {
  const { clock, warned, watch } = watchOf(16.5);
  watch.start();
  clock.advance(2 * DAY_MS);
  expect(warned).toEqual([]);
  clock.advance(DAY_MS);
  expect(warned).toEqual([13]);
  clock.advance(15 * DAY_MS);
  expect(warned).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2]);
});

test("CertificateWatch warns at once about an expired certificate, but not about its replacement", () => {
  const { clock, warned, watch, tls } = watchOf(-3);
  watch.start();
  expect(warned).toEqual([-3]);
  tls.expires = START + 90 * DAY_MS;
  watch.start();
  clock.advance(3 * DAY_MS);
  expect(warned).toEqual([-3]);
});

test("CertificateWatch leaves nothing behind when it stops", () => {
  const { clock, watch } = watchOf(3);
  watch.start();
  watch.start();
  expect(clock.pending).toBe(1);
  watch.stop();
  expect(clock.pending).toBe(0);
});
