#pragma once

#include "doubles/sqlserver/model/database.h"
#include "doubles/sqlserver/model/json_fields.h"

namespace dbstow::doubles::sqlserver {

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, TableColumn>
void Fields(Archive& archive, T& column) {
  archive("name", column.name);
  archive("type", column.type);
  archive("nullable", column.nullable);
  archive("identity", column.identity);
  archive("key", column.key);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Table>
void Fields(Archive& archive, T& table) {
  archive("id", table.id);
  archive("schema", table.schema);
  archive("name", table.name);
  archive("columns", table.columns);
  archive("file_group", table.file_group);
  archive("next_identity", table.next_identity);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, FileGroup>
void Fields(Archive& archive, T& group) {
  archive("id", group.id);
  archive("name", group.name);
  archive("is_default", group.is_default);
  archive("read_only", group.read_only);
  archive("read_only_lsn", group.read_only_lsn);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, DifferentialBase>
void Fields(Archive& archive, T& base) {
  archive("lsn", base.lsn);
  archive("guid", base.guid);
  archive("time", base.time);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Position>
void Fields(Archive& archive, T& position) {
  archive("lsn", position.lsn);
  archive("fork", position.fork);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, PageId>
void Fields(Archive& archive, T& page) {
  archive("file", page.file);
  archive("page", page.page);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, RestoringPage>
void Fields(Archive& archive, T& page) {
  archive("id", page.id);
  archive("redo", page.redo);
  archive("target", page.target);
  archive("restored_guid", page.restored_guid);
  archive("bad", page.bad);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, DatabaseFile>
void Fields(Archive& archive, T& file) {
  archive("id", file.id);
  archive("logical", file.logical);
  archive("physical", file.physical);
  archive("log", file.log);
  archive("file_group", file.file_group);
  archive("size_pages", file.size_pages);
  archive("max_pages", file.max_pages);
  archive("create_lsn", file.create_lsn);
  archive("guid", file.guid);
  archive("state", file.state);
  archive("base", file.base);
  archive("redo", file.redo);
  archive("target", file.target);
  archive("restored_guid", file.restored_guid);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, User>
void Fields(Archive& archive, T& user) {
  archive("name", user.name);
  archive("login", user.login);
  archive("roles", user.roles);
  archive("permissions", user.permissions);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Fork>
void Fields(Archive& archive, T& fork) {
  archive("guid", fork.guid);
  archive("start", fork.start);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Database>
void Fields(Archive& archive, T& database) {
  archive("id", database.id);
  archive("name", database.name);
  archive("owner", database.owner);
  archive("source_id", database.source_id);
  archive("create_date", database.create_date);
  archive("recovery_model", database.recovery_model);
  archive("state", database.state);
  archive("standby", database.standby);
  archive("standby_file", database.standby_file);
  archive("access", database.access);
  archive("read_only", database.read_only);
  archive("collation", database.collation);
  archive("compatibility_level", database.compatibility_level);
  archive("version", database.version);
  archive("page_verify", database.page_verify);
  archive("trustworthy", database.trustworthy);
  archive("chaining", database.chaining);
  archive("clone", database.clone);
  archive("verified_clone", database.verified_clone);
  archive("has_bulk_changes", database.has_bulk_changes);
  archive("bad_pages", database.bad_pages);
  archive("pages", database.pages);
  archive("bad_log", database.bad_log);
  archive("synchronizing", database.synchronizing);
  archive("replica_role", database.replica_role);
  archive("file_groups", database.file_groups);
  archive("files", database.files);
  archive("tables", database.tables);
  archive("users", database.users);
  archive("broker_guid", database.broker_guid);
  archive("broker_enabled", database.broker_enabled);
  archive("database_guid", database.database_guid);
  archive("family_guid", database.family_guid);
  archive("forks", database.forks);
  archive("next_lsn", database.next_lsn);
  archive("next_transaction", database.next_transaction);
  archive("next_object", database.next_object);
  archive("checkpoint_lsn", database.checkpoint_lsn);
  archive("last_log_backup", database.last_log_backup);
  archive("begins_chain", database.begins_chain);
  archive("last_log_backup_time", database.last_log_backup_time);
  archive("last_full_checkpoint", database.last_full_checkpoint);
  archive("redo_time", database.redo_time);
  archive("standby_undone", database.standby_undone);
}

}  // namespace dbstow::doubles::sqlserver
