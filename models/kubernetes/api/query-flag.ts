/**
 * Whether a flag of a request's query is on: absent, `0` and `false` are off; whatever else is said is on, nothing too, as in `?watch`.
 * Clients write `true`, `1` or, in Python, `True`. Source: apimachinery/pkg/runtime/conversion.go (`Convert_Slice_string_To_bool`).
 */
export const isOn = (value: string | undefined): boolean => value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
