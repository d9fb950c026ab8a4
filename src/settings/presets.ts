import { lookUps } from "./presets/look-ups.ts";
import { states } from "./presets/states.ts";
import { unasked } from "./presets/unasked.ts";
import type { KnownServices } from "./presets/known-service.ts";

/**
 * Services that many run: one row each, written as flags, with what a real client may send that the framing or the key
 * misses. docs/presets.md derives from them, and has the sources.
 */
export const presets: KnownServices = { ...unasked, ...lookUps, ...states };
