/** What an HTTP body holds that claims to be JSON: the value, or the text as it came when it is none. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
