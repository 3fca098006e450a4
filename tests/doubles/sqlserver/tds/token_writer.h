#pragma once

#include <string>
#include <vector>

#include "doubles/sqlserver/exec/response.h"
#include "doubles/sqlserver/tds/bytes.h"
#include "doubles/sqlserver/tds/type_codec.h"

namespace dbstow::doubles::sqlserver {

inline constexpr std::uint16_t kDoneMore = 0x01;
inline constexpr std::uint16_t kDoneError = 0x02;
inline constexpr std::uint16_t kDoneInTransaction = 0x04;
inline constexpr std::uint16_t kDoneCount = 0x10;
inline constexpr std::uint16_t kDoneAttention = 0x20;

enum class DoneToken : std::uint8_t { kDone = 0xFD, kDoneProc = 0xFE, kDoneInProc = 0xFF };

/// Encodes the tokens of a tabular result.
class TokenWriter {
 public:
  TokenWriter(std::uint32_t version, std::string server)
      : codec_(version), server_(std::move(server)) {}

  void LoginAck(std::uint32_t version, int major, int build);
  void TextChange(std::uint8_t type, std::string_view now, std::string_view before);
  void BytesChange(std::uint8_t type, std::string_view now, std::string_view before);
  void Message(const SqlError& message, int line);
  void Columns(const std::vector<Column>& columns);
  void Row(const std::vector<Column>& columns, const std::vector<Value>& values);
  void ReturnStatus(std::int32_t status);
  void ReturnValue(const std::string& name, const SqlType& type, const Value& value);
  void Done(DoneToken token, std::uint16_t status, std::uint16_t command, std::uint64_t rows);

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  std::string Take() { return out_.Take(); }

 private:
  TypeCodec codec_;
  std::string server_;
  TdsWriter out_;
};

}  // namespace dbstow::doubles::sqlserver
