import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The projects as they are begun: those whose files take long, and wait for the most part, before those that fill their pauses. */
const PROJECTS = ['chaos', 'e2e', 'bench', 'integration-redis', 'integration-postgres', 'unit'];

/** The whole run is as long as its last file: what takes longest comes first, within a project as it is known from the run before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);
    return sorted.toSorted((one, other) => place(one) - place(other));
  }
}
