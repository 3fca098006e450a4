#pragma once

#include <vector>

#include "doubles/sqlserver/exec/system_views.h"

// The rows of the views that `ReadSystemView` knows, in the order of their columns there.
namespace dbstow::doubles::sqlserver {

// The catalog: catalog_rows.cc.
void FillDatabases(const ViewContext& context, std::vector<Row>& rows);
void FillMasterFiles(const ViewContext& context, std::vector<Row>& rows);
void FillDatabaseFiles(const ViewContext& context, std::vector<Row>& rows);
void FillRecoveryStatus(const ViewContext& context, std::vector<Row>& rows);
void FillFileGroups(const ViewContext& context, std::vector<Row>& rows);
void FillTables(const ViewContext& context, std::vector<Row>& rows);
void FillColumns(const ViewContext& context, std::vector<Row>& rows);
void FillCredentials(const ViewContext& context, std::vector<Row>& rows);
void FillBackupDevices(const ViewContext& context, std::vector<Row>& rows);
void FillCertificates(const ViewContext& context, std::vector<Row>& rows);
void FillServerPrincipals(const ViewContext& context, std::vector<Row>& rows);
void FillDatabasePrincipals(const ViewContext& context, std::vector<Row>& rows);
void FillSchemas(const ViewContext& context, std::vector<Row>& rows);
void FillConfigurations(const ViewContext& context, std::vector<Row>& rows);
void FillAvailabilityGroups(const ViewContext& context, std::vector<Row>& rows);
void FillAvailabilityReplicas(const ViewContext& context, std::vector<Row>& rows);
void FillReplicaStates(const ViewContext& context, std::vector<Row>& rows);
void FillDatabaseReplicaStates(const ViewContext& context, std::vector<Row>& rows);

// What goes on in the server: management_rows.cc.
void FillRequests(const ViewContext& context, std::vector<Row>& rows);
void FillSessions(const ViewContext& context, std::vector<Row>& rows);
void FillHostInfo(const ViewContext& context, std::vector<Row>& rows);
void FillSpaceUsage(const ViewContext& context, std::vector<Row>& rows);
void FillLogStats(const ViewContext& context, std::vector<Row>& rows);
void FillLogSpace(const ViewContext& context, std::vector<Row>& rows);
void FillSuspend(const ViewContext& context, std::vector<Row>& rows);

}  // namespace dbstow::doubles::sqlserver
