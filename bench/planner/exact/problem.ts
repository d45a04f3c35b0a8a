/** A mixed-integer program to be minimised, in the sparse form that HiGHS takes; plain data that a worker can be sent. */
export interface Problem {
  readonly costs: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly integer: readonly boolean[];
  readonly rows: readonly Row[];
}

interface Row {
  readonly terms: readonly (readonly [variable: number, factor: number])[];
  readonly least: number;
  readonly most: number;
}

export interface ProblemBuilder {
  /** The number of the new variable. */
  addBinary(cost: number): number;
  addContinuous(least: number, most: number): number;
  addRow(terms: Row['terms'], least: number, most: number): void;
  data(): Problem;
}

export function createProblem(): ProblemBuilder {
  const costs: number[] = [];
  const lower: number[] = [];
  const upper: number[] = [];
  const integer: boolean[] = [];
  const rows: Row[] = [];

  function add(cost: number, least: number, most: number, whole: boolean): number {
    costs.push(cost);
    lower.push(least);
    upper.push(most);
    integer.push(whole);
    return costs.length - 1;
  }

  return {
    addBinary: (cost) => add(cost, 0, 1, true),
    addContinuous: (least, most) => add(0, least, most, false),
    addRow(terms, least, most) {
      const summed = new Map<number, number>();
      for (const [variable, factor] of terms) summed.set(variable, (summed.get(variable) ?? 0) + factor);
      rows.push({ terms: [...summed], least, most });
    },
    data: () => ({ costs, lower, upper, integer, rows }),
  };
}
