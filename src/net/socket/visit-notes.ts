import type { Visit } from "../transport.ts";

/** What services note about a visit, because a connection cannot know it. Nothing is noted at first. */
export class VisitNotes implements Pick<
  Visit,
  "number" | "arrivedAt" | "status" | "request" | "fetch" | "age" | "waitedMs" | "detail"
> {
  number: number | undefined = undefined;
  arrivedAt: number | undefined = undefined;
  status: string | undefined = undefined;
  request: Uint8Array | undefined = undefined;
  fetch: number | undefined = undefined;
  age: number | undefined = undefined;
  waitedMs: number | undefined = undefined;
  detail: string | undefined = undefined;
}
