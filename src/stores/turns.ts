import type { Forget } from "../cache/second-level.ts";

/** The loads under way for a service. A purge makes their values void. */
export class Turns {
  readonly #underWay = new Set<{ readonly key: string; isVoid: boolean }>();

  /** Begins a load. `end` returns whether its value may be kept. */
  begin(key: string): { end(): boolean } {
    const turn = { key, isVoid: false };
    this.#underWay.add(turn);
    return {
      end: () => {
        this.#underWay.delete(turn);
        return !turn.isVoid;
      },
    };
  }

  /** Makes the values of all loads void that a purge covers. */
  forget(what: Forget): void {
    for (const turn of this.#underWay) if (covers(what, turn.key)) turn.isVoid = true;
  }
}

/** Whether a purge covers `key`. */
export function covers(what: Forget, key: string): boolean {
  if (what === "all") return true;
  return "key" in what ? what.key === key : what.matches(key);
}
