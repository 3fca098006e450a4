#pragma once

#include "doubles/sqlserver/model/instance.h"
#include "doubles/sqlserver/model/json_fields.h"

namespace dbstow::doubles::sqlserver {

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Login>
void Fields(Archive& archive, T& login) {
  archive("name", login.name);
  archive("password_hash", login.password_hash);
  archive("disabled", login.disabled);
  archive("default_database", login.default_database);
  archive("roles", login.roles);
  archive("permissions", login.permissions);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Credential>
void Fields(Archive& archive, T& credential) {
  archive("name", credential.name);
  archive("identity", credential.identity);
  archive("secret", credential.secret);
  archive("create_date", credential.create_date);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, Certificate>
void Fields(Archive& archive, T& certificate) {
  archive("name", certificate.name);
  archive("thumbprint", certificate.thumbprint);
  archive("key", certificate.key);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, LogicalDevice>
void Fields(Archive& archive, T& device) {
  archive("name", device.name);
  archive("path", device.path);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, ServerState>
void Fields(Archive& archive, T& server) {
  archive("logins", server.logins);
  archive("credentials", server.credentials);
  archive("certificates", server.certificates);
  archive("backup_devices", server.backup_devices);
  archive("has_master_key", server.has_master_key);
  archive("next_database_id", server.next_database_id);
  archive("next_backup_set", server.next_backup_set);
}

}  // namespace dbstow::doubles::sqlserver
