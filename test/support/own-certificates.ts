import { afterAll } from "bun:test";
import { Certificates } from "./certificates.ts";

/** Certificates for the tests of the file that calls this while it is loaded; removed after the last of them. */
export function certificates(): Certificates {
  const made = new Certificates();
  afterAll(() => made.remove());
  return made;
}
