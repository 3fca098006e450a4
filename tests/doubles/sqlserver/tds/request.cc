#include "doubles/sqlserver/tds/request.h"

#include <array>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::array<std::string_view, 16> kProcedures{"",
                                                       "sp_cursor",
                                                       "sp_cursoropen",
                                                       "sp_cursorprepare",
                                                       "sp_cursorexecute",
                                                       "sp_cursorprepexec",
                                                       "sp_cursorunprepare",
                                                       "sp_cursorfetch",
                                                       "sp_cursoroption",
                                                       "sp_cursorclose",
                                                       "sp_executesql",
                                                       "sp_prepare",
                                                       "sp_execute",
                                                       "sp_prepexec",
                                                       "sp_prepexecrpc",
                                                       "sp_unprepare"};
constexpr std::uint16_t kByNumber = 0xFFFF;
constexpr std::uint8_t kOutputFlag = 0x01;

// Between two calls of one message.
bool IsSeparator(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value == 0x80 || value == 0xFF || value == 0xFE;
}

// ALL_HEADERS, known since 7.2: a length that counts itself.
void SkipHeaders(TdsReader& in, std::uint32_t version) {
  if (!TypeCodec(version).Is72()) return;
  const std::uint32_t total = in.ULong();
  if (total < 4) return in.Fail();
  in.Take(total - 4);
}

std::string ReadProcedure(TdsReader& in) {
  const std::uint16_t length = in.UShort();
  if (length != kByNumber) return in.Text(length);
  const std::uint16_t number = in.UShort();
  if (number == 0 || number >= kProcedures.size()) in.Fail();
  return in.ok() ? std::string(kProcedures[number]) : "";
}

RpcCall ReadCall(TdsReader& in, const TypeCodec& codec) {
  RpcCall call;
  call.procedure = ReadProcedure(in);
  in.UShort();  // options: recompile, no metadata
  while (in.ok() && !in.AtEnd() && !IsSeparator(in.rest().front())) {
    RpcParameter parameter;
    parameter.name = in.ByteText();
    parameter.output = (in.Byte() & kOutputFlag) != 0;
    auto [type, value] = codec.ReadParameter(in);
    parameter.type = type;
    parameter.value = std::move(value);
    if (in.ok()) call.parameters.push_back(std::move(parameter));
  }
  return call;
}

}  // namespace

std::optional<std::string> DecodeBatch(std::string_view message, std::uint32_t version) {
  TdsReader in(message);
  SkipHeaders(in, version);
  if (!in.ok() || in.rest().size() % 2 != 0) return std::nullopt;
  return FromUtf16(in.rest());
}

std::optional<std::vector<RpcCall>> DecodeRpc(std::string_view message, std::uint32_t version) {
  TdsReader in(message);
  SkipHeaders(in, version);
  const TypeCodec codec(version);
  std::vector<RpcCall> calls;
  while (in.ok() && !in.AtEnd()) {
    calls.push_back(ReadCall(in, codec));
    if (!in.AtEnd()) in.Byte();
  }
  if (!in.ok() || calls.empty()) return std::nullopt;
  return calls;
}

std::optional<TransactionCall> DecodeTransaction(std::string_view message, std::uint32_t version) {
  TdsReader in(message);
  SkipHeaders(in, version);
  const std::uint16_t type = in.UShort();
  TransactionCall call;
  call.request = static_cast<TransactionRequest>(type);
  switch (call.request) {
    case TransactionRequest::kBegin:
      in.Byte();                           // isolation level
      call.name = in.Text(in.Byte() / 2);  // counted in bytes
      break;
    case TransactionRequest::kCommit:
    case TransactionRequest::kRollback:
      call.name = in.Text(in.Byte() / 2);
      call.begins_another = (in.Byte() & 1) != 0;
      break;
    default: return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return call;
}

}  // namespace dbstow::doubles::sqlserver
