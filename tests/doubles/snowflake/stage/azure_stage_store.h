#pragma once

#include <memory>
#include <string>

#include "doubles/snowflake/stage/http_client.h"
#include "doubles/snowflake/stage/stage_store.h"

namespace dbstow::doubles::snowflake {

/// One page of a container's listing.
struct BlobList {
  std::vector<StagedFile> files;
  std::string marker;  ///< where the next page begins; empty: this is the last
};
/// Safe for any bytes.
[[nodiscard]] BlobList ParseBlobList(const std::string& xml);

/// Stages as blobs in one container of an Azure account (azurite). Clients get the endpoint and an
/// account SAS that is good for an hour, and encrypt what they put.
class AzureStageStore : public StageStore {
 public:
  /// `endpoint` is `http://host:port/account`. Makes the container. Errors: IOError, Unavailable.
  [[nodiscard]] static Result<std::unique_ptr<StageStore>> Open(const std::string& endpoint,
                                                                const std::string& account,
                                                                const std::string& key);

  [[nodiscard]] Result<std::vector<StagedFile>> List(const std::string& prefix) override;
  [[nodiscard]] Result<StagedBytes> Read(const std::string& path) override;
  [[nodiscard]] Result<void> Write(const std::string& path, const StagedBytes& file) override;
  [[nodiscard]] Result<void> Remove(const std::string& path) override;
  [[nodiscard]] Result<std::string> StageInfo(const std::string& prefix) override;
  [[nodiscard]] bool encrypts() const override { return true; }

 private:
  AzureStageStore(std::string endpoint, std::string account, std::string key)
      : endpoint_(std::move(endpoint)), account_(std::move(account)), key_(std::move(key)) {}
  /// Signs with the account's key and sends. `resource` begins after the endpoint.
  [[nodiscard]] Result<ClientResponse> Send(const std::string& method, const std::string& resource,
                                            const std::map<std::string, std::string>& query,
                                            std::map<std::string, std::string> headers,
                                            const std::string& body);
  [[nodiscard]] std::string Sign(const std::string& text) const;
  [[nodiscard]] std::string AccountSas() const;

  const std::string endpoint_;
  const std::string account_;
  const std::string key_;  ///< raw bytes
};

}  // namespace dbstow::doubles::snowflake
