#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/sqlserver/tds/type_codec.h"

namespace dbstow::doubles::sqlserver {

/// The text of a SQLBATCH message.
[[nodiscard]] std::optional<std::string> DecodeBatch(std::string_view message,
                                                     std::uint32_t version);

struct RpcParameter {
  std::string name;
  bool output = false;
  SqlType type;
  Value value;
};

struct RpcCall {
  std::string procedure;  ///< by name; well-known numbers are turned into names
  std::vector<RpcParameter> parameters;
};

/// The calls of an RPC message, which may hold several.
[[nodiscard]] std::optional<std::vector<RpcCall>> DecodeRpc(std::string_view message,
                                                            std::uint32_t version);

enum class TransactionRequest { kBegin = 5, kCommit = 7, kRollback = 8 };

struct TransactionCall {
  TransactionRequest request = TransactionRequest::kBegin;
  std::string name;
  bool begins_another = false;
};

/// Nothing for what is broken, and for request types that no client here sends.
[[nodiscard]] std::optional<TransactionCall> DecodeTransaction(std::string_view message,
                                                               std::uint32_t version);

}  // namespace dbstow::doubles::sqlserver
