/** Why a pod's resources could not be allocated (pkg/kubelet/cm/admission/errors.go). */

export class AdmissionError extends Error {
  /** What the pod's status gives as its reason. */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** An error that no policy gives a name to. */
export const unexpectedAdmissionError = (why: string): AdmissionError => new AdmissionError('UnexpectedAdmissionError', `Allocate failed due to ${why}, which is unexpected`);

/** topologymanager/topology_manager.go. */
export const topologyAffinityError = (): AdmissionError => new AdmissionError('TopologyAffinityError', 'Resources cannot be allocated with Topology locality');

/** cpumanager/policy_static.go, `full-pcpus-only`. */
export function smtAlignmentError(requested: number, cpusPerCore: number, availablePhysical?: number): AdmissionError {
  const why =
    availablePhysical === undefined
      ? `requested ${requested} cpus not multiple cpus per core = ${cpusPerCore}`
      : `not enough free physical CPUs: available physical CPUs = ${availablePhysical}, requested CPUs = ${requested}, CPUs per core = ${cpusPerCore}`;
  return new AdmissionError('SMTAlignmentError', `SMT Alignment Error: ${why}`);
}
