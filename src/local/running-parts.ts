/** What ends before what: whoever uses something ends before it. */
const STOP_ORDER = ['services', 'upstream', 'database', 'folder'] as const;

export type Stage = (typeof STOP_ORDER)[number];

/** Something that runs or is held, and has to be ended: in order by `stop`, or at once, in the same tick, by `kill`. */
export type Part = { stop(): Promise<void>; kill(): void };

/** All that a run has started and not yet ended. */
export class RunningParts {
  readonly #parts = new Map<Part, Stage>();

  add(stage: Stage, part: Part): void {
    this.#parts.set(part, stage);
  }

  /** Ends everything, stage by stage. Throws the first fault, but only after all has been tried. */
  async stopAll(): Promise<void> {
    const faults: unknown[] = [];
    for (const stage of STOP_ORDER) {
      const parts = [...this.#parts].filter(([, of]) => of === stage).map(([part]) => part);
      const results = await Promise.allSettled(parts.map((part) => part.stop()));
      for (const result of results) if (result.status === 'rejected') faults.push(result.reason);
      for (const part of parts) this.#parts.delete(part);
    }
    if (faults.length > 0) throw faults[0];
  }

  /** Ends everything now; for the moment before the process exits. */
  killAll(): void {
    for (const part of this.#parts.keys()) part.kill();
    this.#parts.clear();
  }
}
