/** `--addons`: what runs beside Kubernetes itself. */
import { CliError } from '../../../src/cli/exit.ts';
import { ADDONS, type Addon, type ClusterConfig } from '../cluster/config.ts';

/** The addons that a list names; nothing where the option is absent, so that the default holds. */
export function addonsOf(text: string | undefined): Partial<Pick<ClusterConfig, 'addons'>> {
  if (text === undefined) return {};
  const names = text.split(',').map((name) => name.trim()).filter((name) => name !== '' && name !== 'none');
  const unknown = names.find((name) => !(ADDONS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new CliError(`--addons: unknown addon "${unknown}"; known are ${ADDONS.join(', ')}, none`);
  return { addons: names as Addon[] };
}
