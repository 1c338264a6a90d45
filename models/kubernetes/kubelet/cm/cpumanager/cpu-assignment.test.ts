/** Upstream's tables (cpumanager/cpu_assignment_test.go, policy_test.go) for the order in which CPUs are taken. */
import { describe, expect, it } from 'vitest';
import { formatCPUSet, parseCPUSet, type CPUSet } from '../cpuset.ts';
import { machineInfo, type Cpu } from '../machine.ts';
import { CPUAccumulator, takeByTopologyNUMAPacked } from './cpu-assignment.ts';
import { CPUTopology } from './topology.ts';

const set = (text: string): CPUSet => parseCPUSet(text) as CPUSet;
const declared = (cpu: string, numaNodes: number, sockets: number): CPUTopology => {
  const machine = machineInfo({ numaNodes, sockets, threadsPerCore: 2 }, { cpu });
  if (typeof machine === 'string') throw new Error(machine);
  return new CPUTopology(machine.cpus);
};
/** Cores take turns between the sockets: core 0 is on socket 0, core 1 on socket 1. */
const interleaved = (cores: number): CPUTopology => new CPUTopology(Array.from({ length: 2 * cores }, (_, id): Cpu => ({ id, core: id % cores, socket: (id % cores) % 2, numaNode: (id % cores) % 2 })));

const singleSocketHT = declared('8', 1, 1);
const dualSocketHT = interleaved(6);
const multiNumaPerSocketHT = declared('80', 4, 2);
const multiSocketPerNumaHT = declared('80', 2, 4);

describe('what is free', () => {
  it.each([
    [singleSocketHT, '0-7', [0]],
    [singleSocketHT, '1-7', []],
    [dualSocketHT, '0-11', [0, 1]],
    [dualSocketHT, '0-9,11', [1]],
    [dualSocketHT, '0,2-9,11', []],
    [multiNumaPerSocketHT, '0-79', [0, 1]],
    [multiNumaPerSocketHT, '1-79', [1]],
    [multiNumaPerSocketHT, '1-78', []],
    [multiSocketPerNumaHT, '0-79', [0, 1, 2, 3]],
    [multiSocketPerNumaHT, '0-19,21-79', [0, 1, 3]],
    [multiSocketPerNumaHT, '0-59,61-78', [0, 1]],
    [multiSocketPerNumaHT, '1-19,21-38,41-60,61-78', [1]],
    [multiSocketPerNumaHT, '0-40,42-49,51-68,71-79', []],
  ])('sockets %#', (topology, available, sockets) => {
    expect(new CPUAccumulator(topology, set(available), 0).freeOf('socket').sort()).toEqual(sockets);
  });

  it.each([
    [singleSocketHT, '1-7', []],
    [dualSocketHT, '0-9,11', [1]],
    [multiNumaPerSocketHT, '0-79', [0, 1, 2, 3]],
    [multiNumaPerSocketHT, '1-79', [1, 2, 3]],
    [multiNumaPerSocketHT, '1-9,11-79', [2, 3]],
    [multiNumaPerSocketHT, '1-9,11-59,61-79', [3]],
    [multiNumaPerSocketHT, '1-59,61-79', [1, 3]],
    [multiSocketPerNumaHT, '0-9,11-79', [1]],
    [multiSocketPerNumaHT, '0-9,11-59,61-79', []],
  ])('NUMA nodes %#', (topology, available, nodes) => {
    expect(new CPUAccumulator(topology, set(available), 0).freeOf('numaNode')).toEqual(nodes);
  });

  it.each([
    [singleSocketHT, '0-7', [0, 1, 2, 3]],
    [singleSocketHT, '0-6', [0, 1, 2]],
    [singleSocketHT, '0-3', []],
    [dualSocketHT, '0-11', [0, 2, 4, 1, 3, 5]],
    [dualSocketHT, '1-5,7-11', [2, 4, 1, 3, 5]],
    [dualSocketHT, '2-5,8-11', [2, 4, 3, 5]],
  ])('cores %#', (topology, available, cores) => {
    expect(new CPUAccumulator(topology, set(available), 0).freeOf('core')).toEqual(cores);
  });

  it.each([
    [singleSocketHT, '0-7', [0, 4, 1, 5, 2, 6, 3, 7]],
    [singleSocketHT, '3-7', [4, 5, 6, 3, 7]],
    [dualSocketHT, '0-11', [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]],
    [dualSocketHT, '1-11', [6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]],
    [dualSocketHT, '1-5,7-11', [2, 8, 4, 10, 1, 7, 3, 9, 5, 11]],
  ])('CPUs %#', (topology, available, cpus) => {
    expect(new CPUAccumulator(topology, set(available), 0).freeCPUs()).toEqual(cpus);
  });
});

describe('what is taken', () => {
  it.each([
    [singleSocketHT, '0,2,4,6', 5, 'not enough cpus available to satisfy request: requested=5, available=4'],
    [singleSocketHT, '0-7', 0, []],
    [singleSocketHT, '0-7', 1, '0'],
    [singleSocketHT, '1,3,5-7', 1, '6'],
    [singleSocketHT, '0-7', 2, '0,4'],
    [singleSocketHT, '0-7', 8, '0-7'],
    [singleSocketHT, '0-3,6', 2, '2,6'],
    [dualSocketHT, '0-11', 6, '0,2,4,6,8,10'],
    [multiNumaPerSocketHT, '0-79', 40, '0-19,40-59'],
    [multiNumaPerSocketHT, '0-79', 20, '0-9,40-49'],
    [multiNumaPerSocketHT, '10-39,50-79', 20, '10-19,50-59'],
    [multiNumaPerSocketHT, '0-79', 60, '0-29,40-69'],
    [multiNumaPerSocketHT, '1-39,41-79', 60, '10-39,50-79'],
    [dualSocketHT, '1-5,7-11', 1, '2'],
    [dualSocketHT, '0-11', 8, '0-2,4,6-8,10'],
    [multiNumaPerSocketHT, '0-79', 64, '0-31,40-71'],
  ])('%#', (topology, available, count, expected) => {
    const taken = takeByTopologyNUMAPacked(topology, set(available), count);
    expect(typeof taken === 'string' || taken.length === 0 ? taken : formatCPUSet(taken)).toEqual(expected);
  });
});
