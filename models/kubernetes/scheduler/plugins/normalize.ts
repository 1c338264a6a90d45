/**
 * The usual way to bring raw scores into 0..100. Source: pkg/scheduler/framework/plugins/helper/normalize_score.go.
 */

/** The highest normalised score (framework.MaxNodeScore). */
export const SCORE_MAX = 100;

/** Scales the first `count` scores so that the greatest becomes 100; `reverse` makes the least raw score the best. */
export const normalizeToMax = (scores: Float64Array, count: number, reverse: boolean): void => {
  let greatest = 0;
  for (let i = 0; i < count; i += 1) {
    const score = scores[i] as number;
    if (score > greatest) greatest = score;
  }
  if (greatest === 0) {
    if (reverse) scores.fill(SCORE_MAX, 0, count);
    return;
  }
  for (let i = 0; i < count; i += 1) {
    const score = Math.trunc((SCORE_MAX * (scores[i] as number)) / greatest);
    scores[i] = reverse ? SCORE_MAX - score : score;
  }
};
