import { expect, test } from "bun:test";
import { Brake } from "../../src/services/brake.ts";
import { FakeTransport } from "../support/fake-transport.ts";

test("Brake pauses its source as long as any party does, however often it says so", () => {
  const source = new FakeTransport();
  const brake = new Brake(source);
  const [one, other] = [brake.handle(), brake.handle()];
  one.pauseReading();
  one.pauseReading();
  other.pauseReading();
  one.resumeReading();
  expect(source.isPaused).toBe(true);
  one.resumeReading();
  expect(source.isPaused).toBe(true);
  other.resumeReading();
  expect(source.isPaused).toBe(false);
  one.resumeReading();
  one.pauseReading();
  expect(source.isPaused).toBe(true);
});
