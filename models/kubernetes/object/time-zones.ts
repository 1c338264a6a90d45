/**
 * The names of time zones, by their hours east of UTC and by the rule of their daylight saving time.
 *
 * Only what holds from 2026 on stands here: the simulation's clocks begin there. Morocco's clock goes back in the month of Ramadan, which
 * no rule of this form says; it counts as fixed. Source: IANA time zone database, 2025b.
 */

/** A day's time: the first such weekday (0: Sunday) of the month on or after a day; seconds from midnight. */
export type Turn = readonly [month: number, fromDay: number, weekday: number, seconds: number];

/** When clocks are put forward and back, and by how much. Turns are in the time that the clocks show before, or in UTC. */
export interface SavingRule {
  readonly saving: number;
  readonly forward: Turn;
  readonly back: Turn;
  readonly inUtc?: true;
}

const HOUR = 3600;

export const RULES = Object.freeze({
  europe: { saving: HOUR, forward: [3, 25, 0, HOUR], back: [10, 25, 0, HOUR], inUtc: true },
  troll: { saving: 2 * HOUR, forward: [3, 25, 0, HOUR], back: [10, 25, 0, HOUR], inUtc: true },
  moldova: { saving: HOUR, forward: [3, 25, 0, 2 * HOUR], back: [10, 25, 0, 3 * HOUR] },
  america: { saving: HOUR, forward: [3, 8, 0, 2 * HOUR], back: [11, 1, 0, 2 * HOUR] },
  cuba: { saving: HOUR, forward: [3, 8, 0, 0], back: [11, 1, 0, HOUR] },
  chile: { saving: HOUR, forward: [9, 2, 0, 4 * HOUR], back: [4, 2, 0, 3 * HOUR], inUtc: true },
  australia: { saving: HOUR, forward: [10, 1, 0, 2 * HOUR], back: [4, 1, 0, 3 * HOUR] },
  lordHowe: { saving: HOUR / 2, forward: [10, 1, 0, 2 * HOUR], back: [4, 1, 0, 2 * HOUR] },
  newZealand: { saving: HOUR, forward: [9, 24, 0, 2 * HOUR], back: [4, 1, 0, 3 * HOUR] },
  chatham: { saving: HOUR, forward: [9, 24, 0, 2.75 * HOUR], back: [4, 1, 0, 3.75 * HOUR] },
  egypt: { saving: HOUR, forward: [4, 24, 5, 0], back: [10, 25, 4, 24 * HOUR] },
  lebanon: { saving: HOUR, forward: [3, 25, 0, 0], back: [10, 25, 0, 0] },
  israel: { saving: HOUR, forward: [3, 23, 5, 2 * HOUR], back: [10, 25, 0, 2 * HOUR] },
  palestine: { saving: HOUR, forward: [3, 24, 6, 2 * HOUR], back: [10, 24, 6, 2 * HOUR] },
} as const satisfies Readonly<Record<string, SavingRule>>);

/** Rule (none: the clocks stand), standard time in hours east of UTC, names. */
export const ZONES: readonly (readonly [rule: keyof typeof RULES | undefined, hours: number, names: string])[] = Object.freeze([
  [undefined, -12, `Etc/GMT+12`],
  [undefined, -11, `Etc/GMT+11 Pacific/Midway Pacific/Niue Pacific/Pago_Pago Pacific/Samoa US/Samoa`],
  [undefined, -10, `Etc/GMT+10 HST Pacific/Honolulu Pacific/Johnston Pacific/Rarotonga Pacific/Tahiti US/Hawaii`],
  [undefined, -9.5, `Pacific/Marquesas`],
  [undefined, -9, `Etc/GMT+9 Pacific/Gambier`],
  [undefined, -8, `Etc/GMT+8 Pacific/Pitcairn`],
  [undefined, -7, `America/Creston America/Dawson America/Dawson_Creek America/Fort_Nelson America/Hermosillo America/Mazatlan America/Phoenix
    America/Whitehorse Canada/Yukon Etc/GMT+7 MST Mexico/BajaSur US/Arizona`],
  [undefined, -6, `America/Bahia_Banderas America/Belize America/Chihuahua America/Costa_Rica America/El_Salvador America/Guatemala America/Managua
    America/Merida America/Mexico_City America/Monterrey America/Regina America/Swift_Current America/Tegucigalpa Canada/Saskatchewan
    Etc/GMT+6 Mexico/General Pacific/Galapagos`],
  [undefined, -5, `America/Atikokan America/Bogota America/Cancun America/Cayman America/Coral_Harbour America/Eirunepe America/Guayaquil
    America/Jamaica America/Lima America/Panama America/Porto_Acre America/Rio_Branco Brazil/Acre EST Etc/GMT+5 Jamaica`],
  [undefined, -4, `America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon America/Boa_Vista America/Campo_Grande
    America/Caracas America/Cuiaba America/Curacao America/Dominica America/Grenada America/Guadeloupe America/Guyana
    America/Kralendijk America/La_Paz America/Lower_Princes America/Manaus America/Marigot America/Martinique America/Montserrat
    America/Port_of_Spain America/Porto_Velho America/Puerto_Rico America/Santo_Domingo America/St_Barthelemy America/St_Kitts
    America/St_Lucia America/St_Thomas America/St_Vincent America/Tortola America/Virgin Brazil/West Etc/GMT+4`],
  [undefined, -3, `America/Araguaina America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia
    America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza
    America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis
    America/Argentina/Tucuman America/Argentina/Ushuaia America/Asuncion America/Bahia America/Belem America/Buenos_Aires
    America/Catamarca America/Cayenne America/Cordoba America/Coyhaique America/Fortaleza America/Jujuy America/Maceio America/Mendoza
    America/Montevideo America/Paramaribo America/Punta_Arenas America/Recife America/Rosario America/Santarem America/Sao_Paulo
    Antarctica/Palmer Antarctica/Rothera Atlantic/Stanley Brazil/East Etc/GMT+3`],
  [undefined, -2, `America/Noronha Atlantic/South_Georgia Brazil/DeNoronha Etc/GMT+2`],
  [undefined, -1, `Atlantic/Cape_Verde Etc/GMT+1`],
  [undefined, 0, `Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau Africa/Conakry Africa/Dakar Africa/Freetown Africa/Lome
    Africa/Monrovia Africa/Nouakchott Africa/Ouagadougou Africa/Sao_Tome Africa/Timbuktu America/Danmarkshavn Atlantic/Reykjavik
    Atlantic/St_Helena Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich Etc/UCT Etc/UTC Etc/Universal Etc/Zulu GMT GMT+0 GMT-0 GMT0
    Greenwich Iceland UCT UTC Universal Zulu`],
  [undefined, 1, `Africa/Algiers Africa/Bangui Africa/Brazzaville Africa/Casablanca Africa/Douala Africa/El_Aaiun Africa/Kinshasa Africa/Lagos
    Africa/Libreville Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo Africa/Tunis Etc/GMT-1`],
  [undefined, 2, `Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Johannesburg Africa/Juba Africa/Khartoum Africa/Kigali
    Africa/Lubumbashi Africa/Lusaka Africa/Maputo Africa/Maseru Africa/Mbabane Africa/Tripoli Africa/Windhoek Etc/GMT-2
    Europe/Kaliningrad Libya`],
  [undefined, 3, `Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti Africa/Kampala Africa/Mogadishu Africa/Nairobi
    Antarctica/Syowa Asia/Aden Asia/Amman Asia/Baghdad Asia/Bahrain Asia/Damascus Asia/Istanbul Asia/Kuwait Asia/Qatar Asia/Riyadh
    Etc/GMT-3 Europe/Istanbul Europe/Kirov Europe/Minsk Europe/Moscow Europe/Simferopol Europe/Volgograd Indian/Antananarivo
    Indian/Comoro Indian/Mayotte Turkey W-SU`],
  [undefined, 3.5, `Asia/Tehran Iran`],
  [undefined, 4, `Asia/Baku Asia/Dubai Asia/Muscat Asia/Tbilisi Asia/Yerevan Etc/GMT-4 Europe/Astrakhan Europe/Samara Europe/Saratov
    Europe/Ulyanovsk Indian/Mahe Indian/Mauritius Indian/Reunion`],
  [undefined, 4.5, `Asia/Kabul`],
  [undefined, 5, `Antarctica/Mawson Antarctica/Vostok Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Ashgabat Asia/Ashkhabad Asia/Atyrau Asia/Dushanbe
    Asia/Karachi Asia/Oral Asia/Qostanay Asia/Qyzylorda Asia/Samarkand Asia/Tashkent Asia/Yekaterinburg Etc/GMT-5 Indian/Kerguelen
    Indian/Maldives`],
  [undefined, 5.5, `Asia/Calcutta Asia/Colombo Asia/Kolkata`],
  [undefined, 5.75, `Asia/Kathmandu Asia/Katmandu`],
  [undefined, 6, `Asia/Bishkek Asia/Dacca Asia/Dhaka Asia/Kashgar Asia/Omsk Asia/Thimbu Asia/Thimphu Asia/Urumqi Etc/GMT-6 Indian/Chagos`],
  [undefined, 6.5, `Asia/Rangoon Asia/Yangon Indian/Cocos`],
  [undefined, 7, `Antarctica/Davis Asia/Bangkok Asia/Barnaul Asia/Ho_Chi_Minh Asia/Hovd Asia/Jakarta Asia/Krasnoyarsk Asia/Novokuznetsk
    Asia/Novosibirsk Asia/Phnom_Penh Asia/Pontianak Asia/Saigon Asia/Tomsk Asia/Vientiane Etc/GMT-7 Indian/Christmas`],
  [undefined, 8, `Antarctica/Casey Asia/Brunei Asia/Choibalsan Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Hong_Kong Asia/Irkutsk
    Asia/Kuala_Lumpur Asia/Kuching Asia/Macao Asia/Macau Asia/Makassar Asia/Manila Asia/Shanghai Asia/Singapore Asia/Taipei
    Asia/Ujung_Pandang Asia/Ulaanbaatar Asia/Ulan_Bator Australia/Perth Australia/West Etc/GMT-8 Hongkong PRC ROC Singapore`],
  [undefined, 8.75, `Australia/Eucla`],
  [undefined, 9, `Asia/Chita Asia/Dili Asia/Jayapura Asia/Khandyga Asia/Pyongyang Asia/Seoul Asia/Tokyo Asia/Yakutsk Etc/GMT-9 Japan Pacific/Palau
    ROK`],
  [undefined, 9.5, `Australia/Darwin Australia/North`],
  [undefined, 10, `Antarctica/DumontDUrville Asia/Ust-Nera Asia/Vladivostok Australia/Brisbane Australia/Lindeman Australia/Queensland Etc/GMT-10
    Pacific/Chuuk Pacific/Guam Pacific/Port_Moresby Pacific/Saipan Pacific/Truk Pacific/Yap`],
  [undefined, 11, `Asia/Magadan Asia/Sakhalin Asia/Srednekolymsk Etc/GMT-11 Pacific/Bougainville Pacific/Efate Pacific/Guadalcanal Pacific/Kosrae
    Pacific/Noumea Pacific/Pohnpei Pacific/Ponape`],
  [undefined, 12, `Asia/Anadyr Asia/Kamchatka Etc/GMT-12 Kwajalein Pacific/Fiji Pacific/Funafuti Pacific/Kwajalein Pacific/Majuro Pacific/Nauru
    Pacific/Tarawa Pacific/Wake Pacific/Wallis`],
  [undefined, 13, `Etc/GMT-13 Pacific/Apia Pacific/Enderbury Pacific/Fakaofo Pacific/Kanton Pacific/Tongatapu`],
  [undefined, 14, `Etc/GMT-14 Pacific/Kiritimati`],
  ['europe', -2, `America/Godthab America/Nuuk America/Scoresbysund`],
  ['europe', -1, `Atlantic/Azores`],
  ['europe', 0, `Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Eire Europe/Belfast Europe/Dublin Europe/Guernsey
    Europe/Isle_of_Man Europe/Jersey Europe/Lisbon Europe/London GB GB-Eire Portugal WET`],
  ['europe', 1, `Africa/Ceuta Arctic/Longyearbyen Atlantic/Jan_Mayen CET Europe/Amsterdam Europe/Andorra Europe/Belgrade Europe/Berlin
    Europe/Bratislava Europe/Brussels Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana
    Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Monaco Europe/Oslo Europe/Paris Europe/Podgorica Europe/Prague Europe/Rome
    Europe/San_Marino Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican Europe/Vienna
    Europe/Warsaw Europe/Zagreb Europe/Zurich MET Poland`],
  ['europe', 2, `Asia/Famagusta Asia/Nicosia EET Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Mariehamn
    Europe/Nicosia Europe/Riga Europe/Sofia Europe/Tallinn Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye`],
  ['troll', 0, `Antarctica/Troll`],
  ['moldova', 2, `Europe/Chisinau Europe/Tiraspol`],
  ['america', -10, `America/Adak America/Atka US/Aleutian`],
  ['america', -9, `America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat US/Alaska`],
  ['america', -8, `America/Ensenada America/Los_Angeles America/Santa_Isabel America/Tijuana America/Vancouver Canada/Pacific Mexico/BajaNorte
    PST8PDT US/Pacific`],
  ['america', -7, `America/Boise America/Cambridge_Bay America/Ciudad_Juarez America/Denver America/Edmonton America/Inuvik America/Shiprock
    America/Yellowknife Canada/Mountain MST7MDT Navajo US/Mountain`],
  ['america', -6, `America/Chicago America/Indiana/Knox America/Indiana/Tell_City America/Knox_IN America/Matamoros America/Menominee
    America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem America/Ojinaga America/Rainy_River
    America/Rankin_Inlet America/Resolute America/Winnipeg CST6CDT Canada/Central US/Central US/Indiana-Starke`],
  ['america', -5, `America/Detroit America/Fort_Wayne America/Grand_Turk America/Indiana/Indianapolis America/Indiana/Marengo
    America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac America/Indianapolis
    America/Iqaluit America/Kentucky/Louisville America/Kentucky/Monticello America/Louisville America/Montreal America/Nassau
    America/New_York America/Nipigon America/Pangnirtung America/Port-au-Prince America/Thunder_Bay America/Toronto Canada/Eastern
    EST5EDT US/East-Indiana US/Eastern US/Michigan`],
  ['america', -4, `America/Glace_Bay America/Goose_Bay America/Halifax America/Moncton America/Thule Atlantic/Bermuda Canada/Atlantic`],
  ['america', -3.5, `America/St_Johns Canada/Newfoundland`],
  ['america', -3, `America/Miquelon`],
  ['cuba', -5, `America/Havana Cuba`],
  ['chile', -6, `Chile/EasterIsland Pacific/Easter`],
  ['chile', -4, `America/Santiago Chile/Continental`],
  ['australia', 9.5, `Australia/Adelaide Australia/Broken_Hill Australia/South Australia/Yancowinna`],
  ['australia', 10, `Antarctica/Macquarie Australia/ACT Australia/Canberra Australia/Currie Australia/Hobart Australia/Melbourne Australia/NSW
    Australia/Sydney Australia/Tasmania Australia/Victoria`],
  ['australia', 11, `Pacific/Norfolk`],
  ['lordHowe', 10.5, `Australia/LHI Australia/Lord_Howe`],
  ['newZealand', 12, `Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland`],
  ['newZealand', 12.75, `NZ-CHAT Pacific/Chatham`],
  ['egypt', 2, `Africa/Cairo Egypt`],
  ['lebanon', 2, `Asia/Beirut`],
  ['israel', 2, `Asia/Jerusalem Asia/Tel_Aviv Israel`],
  ['palestine', 2, `Asia/Gaza Asia/Hebron`],
]);
