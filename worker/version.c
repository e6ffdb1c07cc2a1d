const char *carillon_version(void);
const char *carillon_version(void)
{
    return CARILLON_VERSION;
}
