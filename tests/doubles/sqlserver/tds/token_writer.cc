#include "doubles/sqlserver/tds/token_writer.h"

#include <algorithm>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint8_t kReturnStatusToken = 0x79;
constexpr std::uint8_t kColumnsToken = 0x81;
constexpr std::uint8_t kErrorToken = 0xAA;
constexpr std::uint8_t kInfoToken = 0xAB;
constexpr std::uint8_t kReturnValueToken = 0xAC;
constexpr std::uint8_t kLoginAckToken = 0xAD;
constexpr std::uint8_t kRowToken = 0xD1;
constexpr std::uint8_t kNullBitmapRowToken = 0xD2;
constexpr std::uint8_t kChangeToken = 0xE3;
constexpr std::uint16_t kNullableFlag = 0x01;
constexpr std::uint16_t kNullableBinaryFlags = 0x09;

void Framed(TdsWriter& out, std::uint8_t token, const TdsWriter& body) {
  out.Byte(token);
  out.UShort(body.size());
  out.Raw(body.bytes());
}

// What a null bitmap saves; worth it when a row has many.
std::size_t CountNulls(const std::vector<Value>& values) {
  return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), IsNull));
}

}  // namespace

void TokenWriter::LoginAck(std::uint32_t version, int major, int build) {
  TdsWriter body;
  body.Byte(1);  // T-SQL
  body.Big(version, 4);
  body.ByteText("Microsoft SQL Server");
  body.Byte(static_cast<std::uint64_t>(major));
  body.Byte(0);
  body.Big(static_cast<std::uint64_t>(build), 2);
  Framed(out_, kLoginAckToken, body);
}

void TokenWriter::TextChange(std::uint8_t type, std::string_view now, std::string_view before) {
  TdsWriter body;
  body.Byte(type);
  body.ByteText(now);
  body.ByteText(before);
  Framed(out_, kChangeToken, body);
}

void TokenWriter::BytesChange(std::uint8_t type, std::string_view now, std::string_view before) {
  TdsWriter body;
  body.Byte(type);
  body.Byte(now.size());
  body.Raw(now);
  body.Byte(before.size());
  body.Raw(before);
  Framed(out_, kChangeToken, body);
}

void TokenWriter::Message(const SqlError& message, int line) {
  TdsWriter body;
  body.ULong(static_cast<std::uint32_t>(message.number));
  body.Byte(static_cast<std::uint64_t>(message.state));
  body.Byte(static_cast<std::uint64_t>(message.severity));
  body.ShortText(std::string_view(message.text).substr(0, 4000));
  body.ByteText(server_);
  body.ByteText("");
  body.Little(static_cast<std::uint64_t>(line), codec_.Is72() ? 4 : 2);
  Framed(out_, message.severity <= 10 ? kInfoToken : kErrorToken, body);
}

void TokenWriter::Columns(const std::vector<Column>& columns) {
  out_.Byte(kColumnsToken);
  out_.UShort(columns.size());
  for (const Column& column : columns) {
    out_.Little(0, codec_.Is72() ? 4 : 2);
    out_.UShort(column.type.id == TypeId::kVarBinary ? kNullableBinaryFlags : kNullableFlag);
    codec_.WriteType(out_, column.type);
    out_.ByteText(column.name);
  }
}

void TokenWriter::Row(const std::vector<Column>& columns, const std::vector<Value>& values) {
  const bool bitmap = codec_.Is72() && values.size() >= 16 && CountNulls(values) > 8;
  out_.Byte(bitmap ? kNullBitmapRowToken : kRowToken);
  if (bitmap) {
    std::string bits((values.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (IsNull(values[i])) bits[i / 8] = static_cast<char>(bits[i / 8] | 1 << (i % 8));
    }
    out_.Raw(bits);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!bitmap || !IsNull(values[i])) codec_.WriteValue(out_, columns[i].type, values[i]);
  }
}

void TokenWriter::ReturnStatus(std::int32_t status) {
  out_.Byte(kReturnStatusToken);
  out_.ULong(static_cast<std::uint32_t>(status));
}

void TokenWriter::ReturnValue(const std::string& name, const SqlType& type, const Value& value) {
  out_.Byte(kReturnValueToken);
  out_.UShort(0);
  out_.ByteText(name);
  out_.Byte(1);  // an output parameter
  out_.Little(0, codec_.Is72() ? 4 : 2);
  out_.UShort(kNullableFlag);
  codec_.WriteType(out_, type);
  codec_.WriteValue(out_, type, value);
}

void TokenWriter::Done(DoneToken token, std::uint16_t status, std::uint16_t command,
                       std::uint64_t rows) {
  out_.Byte(static_cast<std::uint8_t>(token));
  out_.UShort(status);
  out_.UShort(command);
  out_.Little(rows, codec_.Is72() ? 8 : 4);
}

}  // namespace dbstow::doubles::sqlserver
