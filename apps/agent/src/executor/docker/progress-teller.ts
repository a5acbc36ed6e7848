import { monotonicMs } from '#common/concurrency';
import { advancePull, describePull, type PullProgress, type PullReport } from './pull-progress';

/** As often as people look; each word of it is written into the cluster's store. */
const TELL_PERIOD_MS = 1_000;

/** Who wants to know how far a pull is, in words for people. */
export type PullListener = (progress: string) => void;

/** Takes the engine's lines, and tells what they come to when that has changed, at most once per second. The first words are told at once. */
export function progressTeller(image: string, tell: PullListener, nowMs = monotonicMs): (report: PullReport) => void {
  let progress: PullProgress = new Map();
  let told = describePull(image, progress);
  let toldAtMs = nowMs();
  tell(told);
  return (report) => {
    progress = advancePull(progress, report);
    const text = describePull(image, progress);
    if (text === told || nowMs() - toldAtMs < TELL_PERIOD_MS) return;
    told = text;
    toldAtMs = nowMs();
    tell(text);
  };
}
