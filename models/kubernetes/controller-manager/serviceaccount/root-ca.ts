/**
 * The cluster's root certificate, as pods get it. The simulation makes no cryptography, so by default it is a fixed text in the
 * form of a certificate.
 */
import type { ControllerManagerOptions } from '../options.ts';

const PLACEHOLDER = `-----BEGIN CERTIFICATE-----
MIIDBTCCAe2gAwIBAgIIS1ViZVR3aW4wDQYJKoZIhvcNAQELBQAwFTETMBEGA1UE
AxMKa3ViZXJuZXRlczAeFw0yNTAxMDEwMDAwMDBaFw0zNTAxMDEwMDAwMDBaMBUx
-----END CERTIFICATE-----
`;

export const rootCA = ({ rootCA: configured }: ControllerManagerOptions): string => configured ?? PLACEHOLDER;
