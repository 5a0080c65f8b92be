import { variables } from './config.ts';

/** By their names, so that a new secret is masked before anybody thinks of it. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD/;

/**
 * The settings in force, as text: what is set, and else the default. Secrets are masked, and so are passwords in URLs;
 * what is neither set nor has a default is left out. For the log at start.
 */
export function configSummary(env: Record<string, string | undefined>): Record<string, string> {
  const settings = variables().flatMap(({ name, fallback }) => {
    const value = env[name] || fallback;
    return value ? [[name, SECRET_NAME.test(name) ? '[secret]' : maskUrl(value)]] : [];
  });
  return Object.fromEntries(settings);
}

/**
 * Masks what may be a secret in a URL: the password (or all there is before the @ when there is none), and parameters
 * with such a name. Up to the last @, because a password may hold one that is not escaped.
 */
function maskUrl(text: string): string {
  return text
    .replace(/^(\w[\w+.-]*:\/\/)([^:@/?#]*:)?.*@/, (_all, scheme: string, user = '') => `${scheme}${user}***@`)
    .replace(/([?&][^=&]*(?:key|token|secret|pass)[^=&]*=)[^&]*/gi, '$1***');
}
