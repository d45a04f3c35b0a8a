import type { Control } from './control.ts';
import type { Fault, FaultEffect } from './http/faults.ts';
import type { EventDocument, FaultDocument } from './scenario/document.ts';
import { bytesOf, millisecondsOf } from './scenario/quantities.ts';

/** Carries out a scenario's event. */
export function applyEvent(control: Control, event: EventDocument): void {
  applyToNodes(control, event);
  applyToGuests(control, event);
  if (event.disarmHa) control.disarmHa(event.disarmHa === 'off' ? undefined : event.disarmHa);
  if (event.options) control.setOptions(event.options);
  if (event.revokeToken !== undefined) control.revokeToken(event.revokeToken);
  if (event.expireTickets) control.expireTickets();
  if (event.disableUser !== undefined) control.setUserEnabled(event.disableUser, false);
  if (event.enableUser !== undefined) control.setUserEnabled(event.enableUser, true);
  if (event.fault) control.addFault(faultOf(event.fault));
}

function applyToNodes(control: Control, event: EventDocument): void {
  if (event.nodeOffline !== undefined) control.setNodeOffline(event.nodeOffline);
  if (event.nodeOnline !== undefined) control.setNodeOnline(event.nodeOnline);
  if (event.quorum !== undefined) control.setQuorate(event.quorum ? undefined : false);
  if (event.maintenance) control.setMaintenance(event.maintenance.node, event.maintenance.on);
  if (event.slowNode) control.setSlow(event.slowNode.node, millisecondsOf(event.slowNode.delay));
  if (event.freezeStatistics) {
    control.freezeStatistics(event.freezeStatistics.node, event.freezeStatistics.on);
  }
  if (event.closeListener !== undefined) control.setListening(event.closeListener, false);
  if (event.openListener !== undefined) control.setListening(event.openListener, true);
}

function applyToGuests(control: Control, event: EventDocument): void {
  if (event.failNextMigration) {
    const { vmid, exitStatus, reason, leaves } = event.failNextMigration;
    control.failNextMigration(vmid, exitStatus, reason, leaves);
  }
  if (event.lock) control.lockGuest(event.lock.vmid, event.lock.lock);
  if (event.unlock !== undefined) control.unlockGuest(event.unlock);
  if (event.backup) control.backup(event.backup.vmid, millisecondsOf(event.backup.duration));
  if (event.haServiceState) control.setHaState(event.haServiceState.vmid, event.haServiceState.state);
  if (event.demand) {
    const { vmid, cpu, memory } = event.demand;
    control.setDemand(vmid, {
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory: bytesOf(memory) }),
    });
  }
}

function faultOf(document: FaultDocument): Fault {
  return {
    matches: {
      ...(document.method === undefined ? {} : { method: document.method }),
      path: new RegExp(document.path),
    },
    times: document.times ?? 1,
    effect: effectOf(document),
  };
}

function effectOf(document: FaultDocument): FaultEffect {
  if (document.effect === 'slow') {
    return { kind: 'slow', delayMs: millisecondsOf(document.delay ?? '5s') };
  }
  if (document.effect !== 'answer') return { kind: document.effect };
  const { status = 500, reason = 'simulated failure', body = '' } = document;
  return { kind: 'answer', status, reason, body };
}
