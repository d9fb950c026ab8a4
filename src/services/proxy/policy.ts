import type { AnswerOptions } from "../fetch/answer-rules.ts";
import { requestKind, type RequestKind, type RequestRules } from "./requests.ts";

/**
 * The rules that a reload may change in a running proxy: how it judges answers, and which requests it allows. It never
 * changes what the answers depend on: upstreams, keys and transformations (docs/decisions/0800).
 */
export class Policy {
  /** Always the same object, so that a fetch is judged by the rules in force when it lands. */
  readonly answers: AnswerOptions;
  #requests: RequestKind | undefined;

  constructor(answers: AnswerOptions, requests: RequestRules | RequestKind) {
    this.answers = { ...answers };
    this.#requests = kindOf(requests);
  }

  /** Which requests clients may send; undefined if they send none. */
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
