#include "contract.h"
#include "support/memory_object_store.h"

namespace dbstow::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract,
                         ::testing::Values(StoreKind{
                             "memory", [] { return std::make_shared<MemoryObjectStore>(); }, {}}),
                         StoreKindName);

}  // namespace
}  // namespace dbstow::test
