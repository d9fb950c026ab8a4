import { lookUps } from "./presets/look-ups.ts";
import { states } from "./presets/states.ts";
import { unasked } from "./presets/unasked.ts";
import type { KnownServices } from "./presets/known-service.ts";

/**
 * Defaults for well-known services, one row each, written as flags, with notes on what their clients really send.
 * docs/presets.md is generated from these rows and names the sources.
 */
export const presets: KnownServices = { ...unasked, ...lookUps, ...states };
