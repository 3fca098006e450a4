#include "repository/pack_table.h"

#include <algorithm>

namespace dbstow::repository {

std::uint64_t PackTable::NumberOf(const PackId& id) {
  const auto [entry, added] = numbers_.try_emplace(id, ids_.size());
  if (added) ids_.push_back(id);
  return entry->second;
}

void PackTable::WriteRef(ByteWriter& out, const FrameRef& ref) {
  out.Number(NumberOf(ref.pack));
  out.Number(ref.id);
  out.Number(ref.offset);
  out.Number(ref.stored_size);
  out.Number(ref.plain_size);
}

void PackTable::Write(ByteWriter& out) const {
  out.Number(ids_.size());
  for (const PackId& each : ids_) out.Raw(each.bytes);
}

PackTable PackTable::Read(ByteReader& in) {
  PackTable table;
  table.ids_.resize(in.Count(16));
  for (PackId& each : table.ids_) std::ranges::copy(in.Raw(16), each.bytes.begin());
  return table;
}

PackId PackTable::ReadPack(ByteReader& in) const {
  const std::uint64_t number = in.Number();
  if (number < ids_.size()) return ids_[number];
  in.Fail();
  return {};
}

FrameRef PackTable::ReadRef(ByteReader& in) const {
  FrameRef ref;
  ref.pack = ReadPack(in);
  ref.id = in.Number32();
  ref.offset = in.Number32();
  ref.stored_size = in.Number32();
  ref.plain_size = in.Number32();
  return ref;
}

}  // namespace dbstow::repository
