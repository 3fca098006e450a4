#include "doubles/snowflake/service/snowflake_double.h"

int main(int argc, char** argv) {
  return dbstow::doubles::RunDouble("snowflake", argc, argv,
                                    dbstow::doubles::snowflake::SnowflakeDouble::Create);
}
