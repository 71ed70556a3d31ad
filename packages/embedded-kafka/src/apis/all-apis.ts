import type { Api, BrokerState } from '../api.ts';
import { apiVersionsApi } from './api-versions.ts';
import { fetchApi } from './fetch.ts';
import { findCoordinatorApi } from './find-coordinator.ts';
import { deleteGroupsApi, describeGroupsApi, listGroupsApi } from './group-admin.ts';
import { initProducerIdApi } from './init-producer-id.ts';
import { joinGroupApi } from './join-group.ts';
import { listOffsetsApi } from './list-offsets.ts';
import { heartbeatApi, leaveGroupApi, syncGroupApi } from './membership.ts';
import { metadataApi } from './metadata.ts';
import { offsetCommitApi, offsetFetchApi } from './offsets.ts';
import { produceApi } from './produce.ts';
import { createPartitionsApi, createTopicsApi, deleteTopicsApi } from './topic-admin.ts';

/** Every API this broker speaks, by its key. */
export function createApis(broker: BrokerState): ReadonlyMap<number, Api> {
  const apis = [
    produceApi(broker),
    fetchApi(broker),
    listOffsetsApi(broker),
    metadataApi(broker),
    offsetCommitApi(broker),
    offsetFetchApi(broker),
    findCoordinatorApi(),
    joinGroupApi(broker),
    heartbeatApi(broker),
    leaveGroupApi(broker),
    syncGroupApi(broker),
    describeGroupsApi(broker),
    listGroupsApi(broker),
    createTopicsApi(broker),
    deleteTopicsApi(broker),
    initProducerIdApi(broker),
    createPartitionsApi(broker),
    deleteGroupsApi(broker),
  ];
  return new Map([...apis, apiVersionsApi(apis)].map((api) => [api.key, api]));
}
