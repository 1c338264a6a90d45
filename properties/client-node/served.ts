/**
 * A simulation that is served from within the test's own process: what `kubetwin serve` does, without the command.
 */
import { HttpFacade, type FacadeOptions } from '../../models/kubernetes/facade/server.ts';
import { createCluster, type Simulation, type SimulationOptions } from '../../models/kubernetes/cluster/simulation.ts';
import { SimulationSeam } from '../../models/kubernetes/cli/seam.ts';

export interface Served {
  readonly url: string;
  readonly simulation: Simulation;
  readonly seam: SimulationSeam;
  readonly facade: HttpFacade;
  /** What the simulation threw, if it did. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

/** Serves a cluster at `speed` virtual seconds for each real one. */
export async function serveCluster(speed: number | 'max', options: SimulationOptions = {}, facadeOptions: FacadeOptions = {}): Promise<Served> {
  const simulation = createCluster({ seed: '1', gateway: true, freeze: false, ...options });
  const failures: unknown[] = [];
  const seam = new SimulationSeam(simulation, speed, (error) => void failures.push(error));
  const facade = new HttpFacade(seam, facadeOptions);
  const url = await facade.listen();
  seam.pacer.start();
  const close = async (): Promise<void> => {
    seam.pacer.stop();
    await facade.close();
  };
  return { url, simulation, seam, facade, failures, close };
}
