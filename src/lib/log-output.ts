import { type DestinationStream, pino } from 'pino';

const STDOUT = 1;
/** Pino's number for `error`: such a line may be the last one. */
const ERROR = 50;

/** Pino tells streams that ask for it so what level a line has. */
type LevelledStream = DestinationStream & { lastLevel: number };

let output: LevelledStream | null = null;

/**
 * Standard output, one for all loggers of the process. The lines of one turn of the event loop are written together at
 * its end: a write for each of thousands of requests a second was a seventh of their time. Errors are written at once,
 * with what came before them, and all that is left when the process ends by itself; one that is killed loses the lines
 * of its last turn, some milliseconds.
 */
export function logOutput(): DestinationStream {
  output ??= openOutput();
  return output;
}

function openOutput(): LevelledStream {
  const file = pino.destination({ dest: STDOUT, sync: true });
  let lines = '';
  let soon = false;
  const flush = () => {
    soon = false;
    if (lines === '') return;
    const written = lines;
    lines = '';
    file.write(written);
  };
  process.on('exit', flush);
  return {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line) {
      lines += line;
      if (this.lastLevel >= ERROR) flush();
      else if (!soon) {
        soon = true;
        setImmediate(flush);
      }
    },
  } as LevelledStream;
}
