/** Fisher and Yates' shuffle. */

/** The items in an order that `choose` draws, the last place first; `choose(n)` answers a number in [0, n). */
export function shuffled<T>(items: readonly T[], choose: (n: number) => number): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = choose(i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
