import type { AnswerOptions } from "../fetch/answer-rules.ts";
import { requestKind, type RequestKind, type RequestRules } from "./requests.ts";

/**
 * What a reload changes of a proxy while it runs: how it judges answers, whom it lets ask what. It does not change what its
 * answers depend on: upstreams, keys, transformations (docs/decisions/0800).
 */
export class Policy {
  /** Always the same object: a fetch under way is judged by the rules in force when it lands. */
  readonly answers: AnswerOptions;
  #requests: RequestKind | undefined;

  constructor(answers: AnswerOptions, requests: RequestRules | RequestKind) {
    this.answers = { ...answers };
    this.#requests = kindOf(requests);
  }

  /** What clients may ask; undefined where they send nothing. */
  get requests(): RequestKind | undefined {
    return this.#requests;
  }

  change(answers: AnswerOptions, requests: RequestRules | RequestKind): void {
    for (const name of Object.keys(this.answers))
      if (!(name in answers)) Reflect.set(this.answers, name, undefined);
    Object.assign(this.answers, answers);
    this.#requests = kindOf(requests);
  }
}

function kindOf(requests: RequestRules | RequestKind): RequestKind | undefined {
  return "framing" in requests ? requestKind(requests) : requests;
}
