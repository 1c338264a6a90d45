/**
 * Time zones of CronJobs. The simulation has no zone database: UTC, fixed offsets (`Etc/GMT+3`) and zones without daylight saving
 * are known; any other name counts as unknown, which the CronJob's events then say.
 */
const HOUR = 3600;

/** Zones without daylight saving time, by hours east of UTC. Source: IANA time zone database, 2024. */
const FIXED: Readonly<Record<string, number>> = Object.freeze({
  UTC: 0, 'Etc/UTC': 0, 'Etc/GMT': 0, GMT: 0, Zulu: 0, 'Etc/Zulu': 0, 'Africa/Abidjan': 0, 'Africa/Lagos': 1, 'Africa/Johannesburg': 2, 'Africa/Nairobi': 3,
  'Europe/Istanbul': 3, 'Europe/Moscow': 3, 'Asia/Riyadh': 3, 'Asia/Dubai': 4, 'Asia/Karachi': 5, 'Asia/Kolkata': 5.5, 'Asia/Calcutta': 5.5, 'Asia/Kathmandu': 5.75,
  'Asia/Dhaka': 6, 'Asia/Bangkok': 7, 'Asia/Jakarta': 7, 'Asia/Ho_Chi_Minh': 7, 'Asia/Shanghai': 8, 'Asia/Hong_Kong': 8, 'Asia/Singapore': 8, 'Asia/Taipei': 8,
  'Asia/Manila': 8, 'Australia/Perth': 8, 'Asia/Tokyo': 9, 'Asia/Seoul': 9, 'Australia/Brisbane': 10, 'Pacific/Honolulu': -10, 'America/Phoenix': -7,
  'America/Bogota': -5, 'America/Lima': -5, 'America/Caracas': -4, 'America/Sao_Paulo': -3, 'America/Argentina/Buenos_Aires': -3,
});

/** Seconds east of UTC; undefined for a zone that is not known. */
export function zoneOffset(name: string): number | undefined {
  const fixed = FIXED[name];
  if (fixed !== undefined) return fixed * HOUR;
  const match = /^Etc\/GMT([+-])(\d{1,2})$/.exec(name);
  // The sign of these names is the other way round.
  return match !== null && Number(match[2]) <= 14 ? (match[1] === '+' ? -1 : 1) * Number(match[2]) * HOUR : undefined;
}
