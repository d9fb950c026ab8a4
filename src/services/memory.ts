import { Budget, type BudgetOptions } from "./budget.ts";
import { Intake } from "./intake.ts";
import { Unread } from "./unread.ts";

/** The memory of a service, and its two uses besides entries: what arrives, and what clients have not read. */
export class Memory {
  readonly budget: Budget;
  readonly intake: Intake;
  readonly unread: Unread;

  constructor(options: BudgetOptions) {
    this.budget = new Budget(options);
    this.intake = new Intake(this.budget);
    this.unread = new Unread(this.budget);
  }
}
